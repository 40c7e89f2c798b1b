import { gzipSync } from 'node:zlib';
import type { ServerResponse } from 'node:http';
import type { Answer, Desk } from './desk.ts';

export interface BadAnswer {
  readonly name: string;
  readonly answer: Answer;
  /** Whether only patience ends it. */
  readonly isEndless?: true;
}

const status = (code: number): BadAnswer => ({
  name: `status ${code}`,
  answer: (response) => response.writeHead(code).end(),
});

const body = (name: string, content: string | Buffer, headers: Record<string, string> = {}): BadAnswer => ({
  name,
  answer: (response) => response.writeHead(200, headers).end(content),
});

/** As a proxy that knows nothing of entity tags: with a body that is as large as can be. */
const BOMB = gzipSync(Buffer.alloc(64 * 1024 * 1024, ' '));

function endless(response: ServerResponse): void {
  const block = Buffer.alloc(64 * 1024, ' ');
  const more = () => {
    while (!response.destroyed && response.write(block));
  };
  response.writeHead(200).on('drain', more);
  more();
}

function drip(response: ServerResponse): void {
  response.writeHead(200);
  const timer = setInterval(() => response.write(' '), 10);
  response.once('close', () => clearInterval(timer));
}

/** What may come instead of any document. */
export const BAD_ANSWERS: readonly BadAnswer[] = [
  ...[500, 503, 404, 403, 204, 206, 301, 302].map(status),
  body('an empty body', ''),
  body('garbage', Buffer.from([0, 159, 146, 150, 255, 254])),
  body('HTML', '<html><body>Sign in to the Wi-Fi</body></html>', { 'content-type': 'text/html' }),
  body('null', 'null'),
  body('an empty object', '{}'),
  body('an array', '[]'),
  body('half a document', '{"keys": [{"kty": "EC", "status_lists": ["'),
  body('a gzip bomb', BOMB, { 'content-encoding': 'gzip' }),
  body('a gzip bomb in a gzip', gzipSync(BOMB), { 'content-encoding': 'gzip, gzip' }),
  body('what claims to be gzip and is not', 'x'.repeat(100), { 'content-encoding': 'gzip' }),
  { name: 'nothing, ever', answer: () => undefined, isEndless: true },
  {
    name: 'headers and then nothing',
    answer: (response) => response.writeHead(200).flushHeaders(),
    isEndless: true,
  },
  { name: 'an endless body', answer: endless },
  { name: 'a slow drip', answer: drip, isEndless: true },
  { name: 'a connection that breaks', answer: (response) => response.destroy() },
  {
    name: 'less than it announced',
    answer: (response) => {
      response.writeHead(200, { 'content-length': '1000' }).write('{"keys"');
      setImmediate(() => response.destroy());
    },
  },
  {
    name: 'headers without end',
    answer: (response) => response.writeHead(200, { x: 'x'.repeat(200_000) }).end(),
  },
];

/** Redirects to a desk of the same name with other keys: followed, they would open every door. */
export function redirectsTo(elsewhere: Desk): readonly BadAnswer[] {
  return [301, 302, 303, 307, 308].map((code) => ({
    name: `a ${code} to another server`,
    answer: (response, request) =>
      response.writeHead(code, { location: `${elsewhere.origin}${request.url}` }).end(),
  }));
}
