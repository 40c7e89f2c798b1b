import { LogController, type FastifyBaseLogger, type FastifyReply, type FastifyRequest } from 'fastify';
import { pino } from 'pino';

/**
 * One JSON line an event, written in batches and flushed every half second and at exit: unbuffered lines cost half of a
 * small service's throughput. Headers and bodies are never logged, so there is nothing to redact.
 */
export function createLogger(service: string, replica: string, level: string): FastifyBaseLogger {
  const destination = pino.destination({ sync: false, minLength: 4_096, periodicFlush: 500 });
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
    request.log.info(
      { method: request.method, path, status: reply.statusCode, ms: reply.elapsedTime },
      'request',
    );
  }
}
