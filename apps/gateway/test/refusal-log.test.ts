import { spawn } from 'node:child_process';
import process from 'node:process';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { ask, askRaw, listeningOf, startUpstream, statusOf, textOf, until } from './gateway-under-test.ts';

const SERVER = fileURLToPath(new URL('../src/server.ts', import.meta.url));
const TOKEN = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJtaWEifQ.c2ln';

type Line = Readonly<Record<string, unknown>>;

/** A gateway with its log; the service `away` has no replica that is ready. */
async function startProcess(dataOrigin: string) {
  const env = {
    HOST: '127.0.0.1',
    PORT: '0',
    UPSTREAMS: `data=${dataOrigin};away=http://127.0.0.1:1`,
    MAX_HEADER_BYTES: '4096',
  };
  const child = spawn(process.execPath, [SERVER], { env, stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  const said = textOf(child.stdout as Readable);
  const listening = await listeningOf(child);
  return {
    origin: listening,
    port: Number(new URL(listening).port),
    /** Ends it; gives its log. */
    leave: async (): Promise<{ text: string; lines: readonly Line[] }> => {
      child.kill('SIGTERM');
      const text = await said;
      return {
        text,
        lines: text
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as Line),
      };
    },
  };
}

const raw = (method: string, target: string): string =>
  `${method} ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`;

test('a refusal is one line of the log, by the id that it names; what is handed on is none', async () => {
  await using data = await startUpstream((request, response) => {
    if (request.url === '/data/broken') request.socket.destroy();
    else response.end('here');
  });
  const gateway = await startProcess(data.origin);
  await until(async () => (await statusOf(gateway.origin)).ready === 1);
  const given = { headers: { 'x-request-id': 'given-id' } };
  expect(await ask(gateway.origin, '/data/x', given)).toMatchObject({ status: 200 });

  const expected: object[] = [];
  for (const [request, status, problem, method, path] of [
    [raw('GET', '/nowhere?signature=secret'), 404, 'not-found', 'GET', '/nowhere'],
    [raw('PUT', `/nowhere/${TOKEN}`), 404, 'not-found', 'PUT', '/nowhere/[token]'],
    [raw('GET', '/data/%zz'), 400, 'bad-request', 'GET', '/data/%zz'],
    [raw('GET', `/data//${'x'.repeat(2_000)}`), 400, 'bad-request', 'GET', `/data//${'x'.repeat(249)}`],
    // What is no path may be an address with a password.
    [raw('GET', 'http://mia:secret@data/x'), 400, 'bad-request', 'GET', undefined],
    [raw('TRACE', '/data'), 405, 'method-not-allowed', 'TRACE', '/data'],
    [raw('GET', '/away/x'), 503, 'unavailable', 'GET', '/away/x'],
    [raw('POST', '/data/broken'), 502, 'bad-gateway', 'POST', '/data/broken'],
    ['GET /data HTTP/1.1\r\nConnection: close\r\n\r\n', 400, 'bad-request', 'GET', '/data'],
    [
      'GET /data HTTP/1.1\r\nHost: x\r\nExpect: x\r\nConnection: close\r\n\r\n',
      400,
      'bad-request',
      'GET',
      '/data',
    ],
    ['HELLO secret\r\n\r\n', 400, 'bad-request', undefined, undefined],
    [
      `GET /data HTTP/1.1\r\nX-A: ${'y'.repeat(5_000)}\r\n\r\n`,
      431,
      'header-too-large',
      undefined,
      undefined,
    ],
  ] as const) {
    const answer = await askRaw(gateway.port, request);
    const [, reqId] = /"urn:roomkey:request:([0-9a-f-]{36})"/.exec(answer) ?? [];
    expect(answer).toContain(`x-request-id: ${reqId}\r\n`);
    for (const header of ['nosniff', 'no-referrer', 'no-store', "frame-ancestors 'none'"])
      expect(answer).toContain(header);
    expected.push({ service: 'gateway', msg: 'request refused', reqId, method, path, status, problem });
  }

  const { body: metrics } = await ask(gateway.origin, '/metrics');
  expect(metrics).toContain('roomkey_gateway_problems_total{problem="header-too-large"} 1\n');
  const { text, lines } = await gateway.leave();
  expect(text).not.toMatch(/secret|eyJ|given-id/);
  const refused = lines
    .filter(({ msg }) => msg === 'request refused')
    .map((line) => ({ method: undefined, path: undefined, ...line }));
  expect(refused).toEqual(expected.map((line) => expect.objectContaining(line)));
});

test('a flood of refusals is a few lines and a number, and hides no other kind', async () => {
  await using data = await startUpstream((_request, response) => response.end());
  const gateway = await startProcess(data.origin);
  const FLOOD = 600;
  for (let sent = 0; sent < FLOOD; sent += 100) {
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => ask(gateway.origin, '/nowhere', { agent: false })),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([404]));
  }
  expect(await ask(gateway.origin, '/away/x')).toMatchObject({ status: 503 });

  const { lines } = await gateway.leave();
  const of = (msg: string) => lines.filter((line) => line['msg'] === msg);
  const told = of('request refused').filter(({ problem }) => problem === 'not-found');
  const leftOut = of('refused requests left out').filter(({ problem }) => problem === 'not-found');
  expect(leftOut.length).toBeGreaterThan(0);
  expect(told.length).toBeLessThan(FLOOD / 2);
  expect(told.length + leftOut.reduce((sum, { count }) => sum + Number(count), 0)).toBe(FLOOD);
  expect(of('request refused').filter(({ problem }) => problem === 'unavailable')).toHaveLength(1);
});
