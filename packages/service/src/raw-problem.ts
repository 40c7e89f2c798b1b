import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { problemBody, type ProblemSlug } from './problem.ts';

const SLUGS: Readonly<Record<string, ProblemSlug>> = {
  HPE_HEADER_OVERFLOW: 'header-too-large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request-timeout',
};

/** Answers what Node's HTTP parser refused: no request exists yet, so the problem is written to the socket itself. */
export function rawProblem(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy(error);
    return;
  }
  const body = problemBody(
    SLUGS[error.code ?? ''] ?? 'bad-request',
    'This is not a well-formed HTTP request.',
    randomUUID(),
  );
  const json = JSON.stringify(body);
  socket.end(
    `HTTP/1.1 ${body.status} ${body.title}\r\ncontent-type: application/problem+json\r\ncache-control: no-store\r\n` +
      `content-length: ${Buffer.byteLength(json)}\r\nconnection: close\r\n\r\n${json}`,
  );
}
