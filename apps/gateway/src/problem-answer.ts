import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { answerHeaders, problemBody, rawProblem, type ProblemSlug } from '@roomkey/service/plain';
import type { Refusal } from './refusal-log.ts';

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
  readonly #onRefusal: (refusal: Refusal) => void;

  /** @param corsOrigins `*` or exact origins, comma-separated */
  constructor(corsOrigins: string | undefined, onRefusal: (refusal: Refusal) => void) {
    this.#onRefusal = onRefusal;
    this.#origins = new Set((corsOrigins ?? '').split(',').map((origin) => origin.trim()));
  }

  write(request: IncomingMessage, response: ServerResponse, requestId: string, answer: ProblemAnswer): void {
    const body = problemBody(answer.slug, answer.detail, requestId);
    const json = JSON.stringify(body);
    response.writeHead(body.status, {
      'content-type': 'application/problem+json',
      'content-length': Buffer.byteLength(json),
      ...answerHeaders(requestId),
      ...this.#corsHeaders(request.headers.origin),
      ...answer.headers,
    });
    response.end(json);
    const { method, url } = request;
    this.#tell({ requestId, slug: answer.slug, status: body.status, method, url });
  }

  /** Answers what Node's parser refused, whose origin nobody knows: where only some may read it, none does. */
  writeRaw(error: Error, socket: Socket): void {
    const refusal = rawProblem(error, socket, this.#corsHeaders(undefined));
    if (refusal !== undefined) this.#tell(refusal);
  }

  #tell(refusal: Refusal): void {
    this.counts.set(refusal.slug, (this.counts.get(refusal.slug) ?? 0) + 1);
    this.#onRefusal(refusal);
  }

  #corsHeaders(origin: string | undefined): Record<string, string> {
    const exposed = { 'access-control-expose-headers': 'Retry-After, X-Request-Id' };
    if (this.#origins.has('*')) return { 'access-control-allow-origin': '*', ...exposed };
    if (origin === undefined || !this.#origins.has(origin)) return { vary: 'Origin' };
    return { 'access-control-allow-origin': origin, vary: 'Origin', ...exposed };
  }
}
