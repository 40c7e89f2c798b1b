import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { answerHeaders } from './answer-headers.ts';
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

/** What an answered complaint of the parser was. */
export interface RawRefusal {
  readonly requestId: string;
  readonly slug: ProblemSlug;
  readonly status: number;
  /** Node's code for it. */
  readonly code: string | undefined;
}

/**
 * Answers what Node's HTTP parser refused: no request exists yet, so the problem is written to the socket itself.
 *
 * @param headers besides those that every answer has
 * @returns what was answered, for the log; undefined when nobody is there to read it
 */
export function rawProblem(
  error: Error & { code?: string },
  socket: Socket,
  headers: Readonly<Record<string, string>> = {},
): RawRefusal | undefined {
  const { code } = error;
  if (code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy(error);
    return undefined;
  }
  const { slug, detail } = REFUSALS[code ?? ''] ?? MALFORMED;
  const requestId = randomUUID();
  const body = problemBody(slug, detail, requestId);
  const json = JSON.stringify(body);
  const lines = Object.entries({
    ...headers,
    ...answerHeaders(requestId),
    Date: new Date().toUTCString(),
    'content-type': 'application/problem+json',
    'content-length': Buffer.byteLength(json),
    connection: 'close',
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${body.status} ${body.title}\r\n${lines.join('')}\r\n${json}`);
  return { requestId, slug, status: body.status, code };
}
