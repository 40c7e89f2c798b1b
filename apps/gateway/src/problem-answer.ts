import type { IncomingMessage, ServerResponse } from 'node:http';
import { problemBody, type ProblemSlug } from '@roomkey/service/plain';

export interface ProblemAnswer {
  readonly slug: ProblemSlug;
  /** A sentence for the client. */
  readonly detail: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Writes the gateway's own RFC 9457 problems; browsers of allowed origins may read them too (security 140). */
export class ProblemWriter {
  /** How often each problem was given. */
  readonly counts = new Map<ProblemSlug, number>();
  readonly #origins: ReadonlySet<string>;

  /** @param corsOrigins `*` or exact origins, comma-separated */
  constructor(corsOrigins: string | undefined) {
    this.#origins = new Set((corsOrigins ?? '').split(',').map((origin) => origin.trim()));
  }

  write(request: IncomingMessage, response: ServerResponse, requestId: string, answer: ProblemAnswer): void {
    this.counts.set(answer.slug, (this.counts.get(answer.slug) ?? 0) + 1);
    const body = problemBody(answer.slug, answer.detail, requestId);
    const json = JSON.stringify(body);
    response.writeHead(body.status, {
      'content-type': 'application/problem+json',
      'content-length': Buffer.byteLength(json),
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-request-id': requestId,
      ...this.#corsHeaders(request.headers.origin),
      ...answer.headers,
    });
    response.end(json);
  }

  #corsHeaders(origin: string | undefined): Record<string, string> {
    const exposed = { 'access-control-expose-headers': 'Retry-After, X-Request-Id' };
    if (this.#origins.has('*')) return { 'access-control-allow-origin': '*', ...exposed };
    if (origin === undefined || !this.#origins.has(origin)) return { vary: 'Origin' };
    return { 'access-control-allow-origin': origin, vary: 'Origin', ...exposed };
  }
}
