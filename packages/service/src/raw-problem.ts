import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { problemBody, type ProblemSlug } from './problem.ts';

/** By the code of Node's parser; anything else is malformed. */
const REFUSALS: Readonly<Record<string, { readonly slug: ProblemSlug; readonly detail: string }>> = {
  HPE_HEADER_OVERFLOW: {
    slug: 'header-too-large',
    detail: 'The headers are too large; send fewer or shorter ones.',
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    slug: 'request-timeout',
    detail: 'The request did not arrive in time; send it again.',
  },
};
const MALFORMED = { slug: 'bad-request', detail: 'This is not a well-formed HTTP request.' } as const;

/** Answers what Node's HTTP parser refused: no request exists yet, so the problem is written to the socket itself. */
export function rawProblem(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy(error);
    return;
  }
  const { slug, detail } = REFUSALS[error.code ?? ''] ?? MALFORMED;
  const body = problemBody(slug, detail, randomUUID());
  const json = JSON.stringify(body);
  socket.end(
    `HTTP/1.1 ${body.status} ${body.title}\r\ncontent-type: application/problem+json\r\ncache-control: no-store\r\n` +
      `content-length: ${Buffer.byteLength(json)}\r\nconnection: close\r\n\r\n${json}`,
  );
}
