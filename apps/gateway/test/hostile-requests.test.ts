import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { askRaw, readAll, startGateway, startUpstream, type Running } from './gateway-under-test.ts';

/** One gateway for all cases: nothing of them may reach the service, and the gateway must still stand afterwards. */
let data: Running;
let gateway: Running;
const reached: string[] = [];

beforeAll(async () => {
  data = await startUpstream((request, response) => {
    reached.push(`${request.method} ${request.url}`);
    request.resume();
    request.on('end', () => response.end('reached'));
  });
  gateway = await startGateway(`data=${data.origin}`);
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await data[Symbol.asyncDispose]();
});

const statusOf = (answer: string): number => Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0);

/** What became of raw bytes: the gateway's answers, and what the service saw. */
async function fateOf(text: string) {
  reached.length = 0;
  const answer = await askRaw(gateway.port, text);
  return {
    status: statusOf(answer),
    isProblem: answer.includes('application/problem+json'),
    answers: answer.match(/HTTP\/1\.1 /g)?.length,
    reached: [...reached],
  };
}
const REFUSED = { status: 400, isProblem: true, answers: 1, reached: [] };

test.each([
  'http://127.0.0.1/data/x',
  'HTTP://data/data',
  '//data/x',
  '/data//x',
  '/data/../auth',
  '/data/./x',
  '/data/..',
  '/data/.',
  '/./data',
  '/../data',
  '/data/%2e%2e/auth',
  '/data/%2E/x',
  '/data/a%2eb',
  '/data/%2e%2e%2fauth',
  '/data%2fx',
  '/data%2Fx',
  '/%64ata/x',
  '/data/x#frag',
  '/data?x#frag',
  '/data\\..\\auth',
  '/data/%5c..',
  '/data/%00',
  '/data/%0d%0aX:1',
  '/data/%zz',
  '/data/%',
  '/data/caf\xe9',
  '/data/"x"',
  '/data/{x}',
  '*',
])('the target %s is refused, not normalised (security 51, 145)', async (target) => {
  expect(await fateOf(`GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)).toEqual(REFUSED);
});

test.each([
  ['no Host', ''],
  ['two Hosts', 'Host: x\r\nHost: x\r\n'],
  ['a list in Host', 'Host: x,y\r\n'],
  ['a fragment in Host', 'Host: x#y\r\n'],
  ['user information in Host', 'Host: a@x\r\n'],
  ['a path in Host', 'Host: x/y\r\n'],
  ['an empty Host', 'Host: \r\n'],
  ['two Authorization headers', 'Host: x\r\nAuthorization: Bearer a\r\nAuthorization: Bearer b\r\n'],
  ['two equal Authorization headers', 'Host: x\r\nAuthorization: Bearer a\r\nauthorization: Bearer a\r\n'],
  ['an empty header name', 'Host: x\r\n: y\r\n'],
  ['a space before the colon', 'Host: x\r\nX-A : y\r\n'],
  ['a folded header', 'Host: x\r\nX-A: y\r\n z\r\n'],
  ['a bare CR in a value', 'Host: x\r\nX-A: y\rz\r\n'],
  ['a NUL in a value', 'Host: x\r\nX-A: y\0z\r\n'],
  ['more headers than are taken', `Host: x\r\n${'X-A: y\r\n'.repeat(101)}`],
])('%s is refused (security 47, 145)', async (_name, headers) => {
  expect(await fateOf(`GET /data HTTP/1.1\r\n${headers}Connection: close\r\n\r\n`)).toEqual(REFUSED);
});

const SMUGGLED = 'GET /data/smuggled HTTP/1.1\r\nHost: x\r\n\r\n';
test.each([
  ['CL and TE', `Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`],
  ['TE and CL', `Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n5c\r\n${SMUGGLED}0\r\n\r\n`],
  ['two different CL', `Content-Length: 0\r\nContent-Length: 44\r\n\r\n${SMUGGLED}`],
  ['two equal CL', `Content-Length: 1\r\nContent-Length: 1\r\n\r\nx${SMUGGLED}`],
  ['a list of CL', `Content-Length: 1, 1\r\n\r\nx${SMUGGLED}`],
  ['a signed CL', `Content-Length: +1\r\n\r\nx${SMUGGLED}`],
  ['a negative CL', `Content-Length: -1\r\n\r\n${SMUGGLED}`],
  ['a hexadecimal CL', `Content-Length: 0x1\r\n\r\nx${SMUGGLED}`],
  ['an empty CL', `Content-Length: \r\n\r\n${SMUGGLED}`],
  ['a CL beyond all numbers', `Content-Length: 99999999999999999999999\r\n\r\n${SMUGGLED}`],
  ['two TE', `Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
  ['TE that is not last chunked', `Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`],
  ['TE of another coding', `Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`],
  ['TE with a vertical tab', `Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n`],
  ['TE xchunked', `Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`],
  ['TE with a tail', `Transfer-Encoding: chunked;x\r\n\r\n0\r\n\r\n`],
  ['a chunk size with a sign', `Transfer-Encoding: chunked\r\n\r\n+1\r\nx\r\n0\r\n\r\n`],
  ['a chunk size that overflows', `Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff1\r\nx\r\n0\r\n\r\n`],
  ['a chunk longer than it says', `Transfer-Encoding: chunked\r\n\r\n1\r\nxyz\r\n0\r\n\r\n`],
])('a POST with %s smuggles nothing past the gateway (security 145)', async (_name, rest) => {
  const fate = await fateOf(`POST /data HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${rest}`);
  expect(fate).toMatchObject({ status: 400, answers: 1 });
  expect(fate.reached).not.toContain('GET /data/smuggled');
});

test('TE in HTTP/1.0 is refused (RFC 9112 §6.1)', async () => {
  expect(
    await fateOf('POST /data HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'),
  ).toEqual(REFUSED);
});

test('a body of GET is refused', async () => {
  expect(
    await fateOf('GET /data HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx'),
  ).toEqual(REFUSED);
});

test('too many bytes of headers are 431', async () => {
  expect(await fateOf(`GET /data HTTP/1.1\r\nHost: x\r\nX-A: ${'y'.repeat(20_000)}\r\n\r\n`)).toEqual({
    ...REFUSED,
    status: 431,
  });
});

test('CONNECT makes no tunnel', async () => {
  reached.length = 0;
  const answer = await askRaw(
    gateway.port,
    `CONNECT ${data.origin.slice('http://'.length)} HTTP/1.1\r\nHost: x\r\n\r\n${SMUGGLED}`,
  );
  expect(answer).not.toMatch(/^HTTP\/1\.1 2/);
  expect(reached).toEqual([]);
});

test('an upgrade is not an upgrade', async () => {
  const answer = await askRaw(
    gateway.port,
    'GET /data HTTP/1.1\r\nHost: x\r\nConnection: upgrade, close\r\nUpgrade: websocket\r\n\r\n',
  );
  expect(statusOf(answer)).toBe(200);
});

test.each([
  ['headers', 'GET /data HTTP/1.1\r\nHost: x\r\nX-A: '],
  ['a body', 'POST /data HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nx'],
])('a client that never ends %s is cut (security 146)', async (_name, text) => {
  await using impatient = await startGateway(`data=${data.origin}`, {
    HEADERS_TIMEOUT_MS: '1000',
    REQUEST_TIMEOUT_MS: '1500',
  });
  expect(statusOf(await askRaw(impatient.port, text))).toBe(408);
});

test('pipelined requests are answered in order', async () => {
  const get = (path: string, last = '') => `GET ${path} HTTP/1.1\r\nHost: x\r\n${last}\r\n`;
  const socket = connect(gateway.port, '127.0.0.1');
  socket.write(get('/data') + get('/none') + get('/data', 'Connection: close\r\n'));
  const answer = await readAll(socket);
  expect(answer.match(/HTTP\/1\.1 \d{3}/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 404', 'HTTP/1.1 200']);
});

test('an expectation that nobody here meets is refused with a problem', async () => {
  const text = 'GET /data/x HTTP/1.1\r\nHost: x\r\nExpect: a miracle\r\nConnection: close\r\n\r\n';
  expect(await fateOf(text)).toEqual(REFUSED);
});
