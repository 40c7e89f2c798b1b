import { performance } from 'node:perf_hooks';

/** What is needed of a request: Fastify's has it. */
export interface IncomingRequest {
  /** The request id under which the log knows it. */
  readonly id: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** Remaining time of a call in whole milliseconds, as the caller sees it when it sends (docs/decisions/020). */
export const DEADLINE_HEADER = 'request-timeout-ms';

// W3C Trace Context §3.2, version 00; a later version is a new trace to whoever does not know it.
const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;
const MAX_TRACESTATE_LENGTH = 512;
const DEFAULT_TIMEOUT_MS = 10_000;

/** The request a service is answering, as far as the calls it makes for it are concerned. */
export class IncomingCall {
  /** Until when its caller waits, by `performance.now()`: calls made for it end by then. */
  readonly deadlineMs: number;
  /** Headers that its calls carry on: `x-request-id`, `traceparent`, `tracestate`. */
  readonly tracing: Readonly<Record<string, string>>;
  readonly #subjectToken: string | undefined;

  /** @param maxMs how long it may take at most; a caller may only ask for less */
  constructor({ id, headers }: IncomingRequest, maxMs = DEFAULT_TIMEOUT_MS) {
    const asked = headers[DEADLINE_HEADER];
    const askedMs = typeof asked === 'string' && /^\d{1,9}$/.test(asked) ? Number(asked) : maxMs;
    this.deadlineMs = performance.now() + Math.min(askedMs, maxMs);
    this.tracing = { 'x-request-id': id, ...traceContext(headers) };
    this.#subjectToken = /^Bearer +(\S+) *$/i.exec(String(headers['authorization'] ?? ''))?.[1];
  }

  /**
   * The access token it came with, for `exchange` alone. Neither JSON nor a log shows it.
   *
   * @throws {TypeError} when it came with none: the route asks for no token
   */
  get subjectToken(): string {
    if (this.#subjectToken === undefined) throw new TypeError('this request came without an access token');
    return this.#subjectToken;
  }
}

function traceContext({ traceparent, tracestate }: IncomingRequest['headers']): Record<string, string> {
  if (typeof traceparent !== 'string' || !TRACEPARENT.test(traceparent)) return {};
  const isFit = typeof tracestate === 'string' && tracestate.length <= MAX_TRACESTATE_LENGTH;
  return { traceparent, ...(isFit && { tracestate }) };
}
