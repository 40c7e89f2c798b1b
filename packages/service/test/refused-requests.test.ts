import { fork } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loggedPath } from '../src/logged-path.ts';

const SERVICE = fileURLToPath(new URL('./logging-service.ts', import.meta.url));
const TOKEN = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJtaWEifQ.c2ln';

const child = fork(SERVICE, { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
const said = text(child.stdout as Readable);
let port = 0;
let ordinary: Answer;

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

beforeAll(async () => {
  const [{ listening }] = (await once(child, 'message')) as [{ listening: string }];
  port = Number(new URL(listening).port);
  ordinary = await ask('GET', '/nowhere');
});

afterAll(() => {
  if (child.connected) child.disconnect();
});

async function answerTo(request: string): Promise<Answer> {
  const socket = connect(port, '127.0.0.1');
  socket.write(request, 'latin1');
  const [head = '', body = ''] = (await text(socket)).split('\r\n\r\n', 2);
  const [first = '', ...lines] = head.split('\r\n');
  const headers = lines.map((line) => line.split(/: (.*)/, 2) as [string, string]);
  return { status: Number(first.split(' ')[1]), headers: Object.fromEntries(headers), body };
}

const ask = (method: string, path: string): Promise<Answer> =>
  answerTo(
    `${method} ${path} HTTP/1.1\r\nHost: x\r\nOrigin: https://app.example\r\nConnection: close\r\n\r\n`,
  );

/** Without what differs from one answer to the next. */
function standing({ headers }: Answer): Record<string, string> {
  const { Date: _date, 'content-length': _length, 'x-request-id': _id, ...rest } = headers;
  return rest;
}

const idIn = ({ body }: Answer): string =>
  (JSON.parse(body) as { instance: string }).instance.replace('urn:roomkey:request:', '');

const refusedByRouter = [
  ['no escape', 'GET', '/room/mia%zz', 400, '/room/mia%zz'],
  ['no UTF-8', 'POST', '/room/mia%ff', 400, '/room/mia%ff'],
  ['a query too', 'GET', '/room/mia%zz?signature=secret', 400, '/room/mia%zz'],
  ['a token', 'DELETE', `/room/mia%zz/${TOKEN}`, 400, '/room/mia%zz/[token]'],
  ['a long part', 'GET', `/things/mia${'x'.repeat(300)}`, 414, `/things/mia${'x'.repeat(300)}`],
] as const;

const refusedByParser = [
  ['no HTTP', 'HELLO mia\r\n\r\n', 400],
  ['a raw byte in the path', 'GET /room/mia\xe9 HTTP/1.1\r\nHost: x\r\n\r\n', 400],
  ['long headers', `GET /mia HTTP/1.1\r\nHost: x\r\nX-A: ${'y'.repeat(20_000)}\r\n\r\n`, 431],
] as const;

const expectedLines: object[] = [];

test.each(refusedByRouter)(
  'a path that cannot be routed (%s) is answered as one that leads nowhere is, and not repeated to who sent it (security 49)',
  async (_name, method, target, status, path) => {
    const answer = await ask(method, target);
    expect(answer.status).toBe(status);
    expect(standing(answer)).toEqual(standing(ordinary));
    expect(answer.headers['x-request-id']).toBe(idIn(answer));
    expect(answer.body).not.toMatch(/mia|NaN/);
    expectedLines.push({ reqId: idIn(answer), method, path, status, ms: expect.any(Number), msg: 'request' });
  },
);

test('what is too long is told how long it may be', async () => {
  const answer = await ask('HEAD', `/things/${'x'.repeat(256)}`);
  expect(answer.status).toBe(200);
  const { body } = await ask('GET', `/things/${'x'.repeat(257)}`);
  expect(JSON.parse(body)).toMatchObject({ detail: expect.stringContaining('at most 256') });
});

test.each(refusedByParser)(
  'what is no request (%s) is answered with the headers of every answer (security 49)',
  async (_name, request, status) => {
    const answer = await answerTo(request);
    expect(answer.status).toBe(status);
    // Who asks is not known: no origin, so nothing that depends on it.
    const forAnyone = Object.entries(standing(ordinary)).filter(
      ([name]) => !name.startsWith('access-control-'),
    );
    expect(standing(answer)).toEqual({
      ...Object.fromEntries(forAnyone),
      'content-type': 'application/problem+json',
      connection: 'close',
      Connection: undefined,
    });
    expect(answer.headers['x-request-id']).toBe(idIn(answer));
    expect(answer.body).not.toContain('mia');
    expectedLines.push({ reqId: idIn(answer), status, code: expect.any(String), msg: 'request' });
  },
);

test('a preflight for a path that cannot be routed is one like any other', async () => {
  const answer = await answerTo(
    'OPTIONS /room/mia%zz HTTP/1.1\r\nHost: x\r\nOrigin: https://app.example\r\n' +
      'Access-Control-Request-Method: PUT\r\nX-Request-Id: preflight\r\nConnection: close\r\n\r\n',
  );
  expect(answer.status).toBe(204);
  expectedLines.push({ reqId: 'preflight', method: 'OPTIONS', path: '/room/mia%zz', status: 204 });
});

test('each of them is one line of the log, by the id that its answer names', async () => {
  expect(expectedLines).toHaveLength(refusedByRouter.length + refusedByParser.length + 1);
  child.disconnect();
  const log = await said;
  expect(log).not.toMatch(/secret|eyJ/);
  const lines = log
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { reqId?: string });
  const ids = new Set(expectedLines.map((line) => (line as { reqId: string }).reqId));
  const found = lines.filter(({ reqId }) => reqId !== undefined && ids.has(reqId));
  expect(found).toEqual(expectedLines.map((line) => expect.objectContaining(line)));
});

test('a token in a path is masked wherever it begins', () => {
  expect(loggedPath(`/Bearer%20${TOKEN}/x?y=z`)).toBe('/Bearer%[token]/x');
  expect(loggedPath(`/a.b.${TOKEN}`)).toBe('/a.b.[token]');
  expect(loggedPath(`/${TOKEN}/${TOKEN}`)).toBe('/[token]/[token]');
  expect(loggedPath('/eyJ/a.b.c')).toBe('/eyJ/a.b.c');
});

test('a path made of nothing but beginnings of tokens keeps nobody waiting', () => {
  // Each took a sixth of a second when every beginning was followed to the end.
  for (const end of ['', '.a', '/']) {
    const path = `/${'eyJ'.repeat(5_000)}${end}`;
    for (let turn = 0; turn < 100; turn += 1) expect(loggedPath(path)).toBe(path);
  }
});
