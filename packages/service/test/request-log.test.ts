import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const SERVICE = fileURLToPath(new URL('./logging-service.ts', import.meta.url));

test('a request is one line and those of its handler, all with its id; a route is as quiet as it says', async () => {
  const child = fork(SERVICE, { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  const said = text(child.stdout as Readable);
  const [{ listening }] = (await once(child, 'message')) as [{ listening: string }];
  for (const path of [
    '/loud',
    '/careful',
    '/healthz',
    '/metrics',
    '/loud?signature=secret',
    '/loud/eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJtaWEifQ.c2ln',
  ])
    await (await fetch(`${listening}${path}`, { headers: { 'x-request-id': `at${path.length}` } })).text();
  // Who started it is gone: it leaves, and what it still has to say is written.
  child.disconnect();

  const lines = (await said)
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter(({ reqId }) => reqId !== undefined);
  const loud = (reqId: string) => [
    { reqId, path: undefined, status: undefined, msg: 'in the handler' },
    { reqId, path: '/loud', status: 200, msg: 'request' },
  ];
  expect(lines.map(({ reqId, path, status, msg }) => ({ reqId, path, status, msg }))).toEqual([
    ...loud('at5'),
    { reqId: 'at8', path: undefined, status: undefined, msg: 'a warning' },
    ...loud('at22'),
    { reqId: 'at50', path: '/loud/[token]', status: 404, msg: 'request' },
  ]);
});

test('lines come whole and in order to a reader that begins late', async () => {
  const child = fork(SERVICE, { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  const [{ listening }] = (await once(child, 'message')) as [{ listening: string }];
  const stdout = child.stdout as Readable;
  stdout.pause();
  // Several blocks more than a pipe holds.
  const ids = Array.from({ length: 1_500 }, (_, turn) => `turn-${turn}`);
  for (const id of ids) await (await fetch(`${listening}/loud`, { headers: { 'x-request-id': id } })).text();
  child.disconnect();

  const lines = (await text(stdout)).trim().split('\n');
  const read = lines.map((line) => JSON.parse(line) as { reqId?: string; msg: string });
  expect(read.filter(({ msg }) => msg === 'request').map(({ reqId }) => reqId)).toEqual(ids);
});

test('a service whose log nobody reads any more goes on answering, and ends in order', async () => {
  const child = fork(SERVICE, { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  const [{ listening }] = (await once(child, 'message')) as [{ listening: string }];
  child.stdout?.destroy();
  // More than a block of lines, so that writing is tried, and fails.
  const statuses = new Set<number>();
  for (let turn = 0; turn < 300; turn += 1) statuses.add((await fetch(`${listening}/loud`)).status);
  const ended = once(child, 'exit');
  child.disconnect();
  expect([...statuses]).toEqual([200]);
  expect(await ended).toEqual([0, null]);
});
