import { LogController, type FastifyReply, type FastifyRequest } from 'fastify';
import { pino, type Logger } from 'pino';
import { RequestLogger } from './request-logger.ts';

const BUFFER_BYTES = 8 * 1_024;
const FLUSH_MS = 500;

/**
 * One JSON line an event, written in batches and flushed every half second and at exit: unbuffered lines cost half of a
 * small service's throughput. Headers and bodies are never logged, so there is nothing to redact.
 */
export function createLogger(service: string, replica: string, level: string): Logger {
  const destination = pino.destination({ sync: false, minLength: BUFFER_BYTES, periodicFlush: FLUSH_MS });
  return pino({ level, base: { service, replica }, timestamp: pino.stdTimeFunctions.isoTime }, destination);
}

/** One line a request, when it is done: the path without its query, for a query may hold a signature. */
export class RequestLog extends LogController {
  override incomingRequest(): void {}

  override routeNotFound(): void {}

  override requestCompleted(
    _error: Error | null | undefined,
    request: FastifyRequest,
    reply: FastifyReply,
  ): void {
    const [path] = request.url.split('?', 1);
    const line = { method: request.method, path, status: reply.statusCode, ms: reply.elapsedTime };
    if (request.log instanceof RequestLogger) request.log.last(line, 'request');
    else request.log.info(line, 'request');
  }
}
