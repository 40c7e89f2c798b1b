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
  return parsed(await text(socket));
}

function parsed(answer: string): Answer {
  const [head = '', body = ''] = answer.split('\r\n\r\n', 2);
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

const POST = 'POST /room/mia HTTP/1.1\r\n';
const HOST = 'Host: x\r\n';
const JSON_TYPE = 'Content-Type: application/json\r\n';

/** None of them sends the body that it announces: it is answered before. */
const refusedByHead = [
  ['no host', POST, 400, 'must name the host'],
  ['no host, and a body', `${POST}${JSON_TYPE}Content-Length: 9\r\n`, 400, 'must name the host'],
  ['an expectation', `${POST}${HOST}Expect: a miracle\r\n`, 400, 'Nothing but 100-continue'],
  [
    'an expectation of its body',
    `${POST}${HOST}Expect: a miracle\r\n${JSON_TYPE}Content-Length: 9\r\n`,
    400,
    'Nothing but 100-continue',
  ],
  [
    'an expectation of its chunks',
    `${POST}${HOST}Expect: a miracle\r\nTransfer-Encoding: chunked\r\n`,
    400,
    'Nothing but 100-continue',
  ],
  ['a compressed body', `${POST}${HOST}Content-Encoding: br\r\nContent-Length: 9\r\n`, 415, 'compressed'],
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

test.each(refusedByHead)(
  'a request refused for its head alone (%s) is answered at once, as every other is, and a script may read it (security 49, 140)',
  async (_name, head, status, sentence) => {
    const answer = await answerTo(`${head}Origin: https://app.example\r\nConnection: close\r\n\r\n`);
    expect(answer.status).toBe(status);
    const { 'accept-encoding': _taken, ...rest } = standing(answer);
    expect(rest).toEqual(standing(ordinary));
    expect(JSON.parse(answer.body)).toMatchObject({ status, detail: expect.stringContaining(sentence) });
    expect(answer.headers['x-request-id']).toBe(idIn(answer));
    expectedLines.push({ reqId: idIn(answer), method: 'POST', path: '/room/mia', status, msg: 'request' });
  },
);

test('a request of HTTP/1.0 needs no host, and whoever expects 100-continue may go on', async () => {
  expect((await answerTo('GET /healthz HTTP/1.0\r\n\r\n')).status).toBe(200);
  const going = await answerTo(
    `GET /healthz HTTP/1.1\r\n${HOST}Expect: 100-continue\r\nConnection: close\r\n\r\n`,
  );
  expect(going.status).toBe(100);
  expect(going.body).toMatch(/^HTTP\/1\.1 200 /);
});

test.each(refusedByParser)(
  'what is no request (%s) is answered with the headers of every answer, to whoever asks (security 49, 140)',
  async (_name, request, status) => {
    const answer = await answerTo(request);
    expect(answer.status).toBe(status);
    expect(standing(answer)).toEqual({
      ...standing(ordinary),
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

test('what comes while the service closes is told when to try again, and that the connection ends (security 140, 151)', async () => {
  const socket = connect(port, '127.0.0.1');
  // The half of a request is no idle connection; the answer to the whole one before says that it has arrived.
  socket.write(
    `GET /healthz HTTP/1.1\r\n${HOST}\r\nPOST /room/mia HTTP/1.1\r\nOrigin: https://app.example\r\n`,
  );
  await once(socket, 'readable');
  child.disconnect();
  await expect.poll(isRefused, { timeout: 10_000 }).toBe(true);
  socket.write(`${HOST}${JSON_TYPE}Content-Length: 9\r\n\r\n`);
  // Nor does its body, which never comes, keep the service from leaving.
  const answers = await text(socket);
  const answer = parsed(answers.slice(answers.lastIndexOf('HTTP/1.1 ')));
  expect(answer.status).toBe(503);
  expect(standing(answer)).toEqual({ ...standing(ordinary), Connection: 'close', 'retry-after': '1' });
  expect(JSON.parse(answer.body)).toMatchObject({ type: 'urn:roomkey:problem:unavailable' });
  expectedLines.push({ reqId: idIn(answer), method: 'POST', path: '/room/mia', status: 503, msg: 'request' });
});

/** Whether nobody listens any more. */
async function isRefused(): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  const isOpen = await once(socket, 'connect').then(
    () => true,
    () => false,
  );
  socket.destroy();
  return !isOpen;
}

test('each of them is one line of the log, by the id that its answer names', async () => {
  const refused = refusedByRouter.length + refusedByHead.length + refusedByParser.length;
  expect(expectedLines).toHaveLength(refused + 2);
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
