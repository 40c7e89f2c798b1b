import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import process from 'node:process';
import type { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { ask, isReady, listeningOf, startUpstream, textOf, until } from './gateway-under-test.ts';

const SERVER = fileURLToPath(new URL('../src/server.ts', import.meta.url));

const start = (env: Readonly<Record<string, string>>): ChildProcess =>
  spawn(process.execPath, [SERVER], { env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });

test('the process serves, says so to its parent, and leaves in order on SIGTERM', async () => {
  const held: (() => void)[] = [];
  await using data = await startUpstream((_request, response) => held.push(() => response.end('whole')));
  const child = start({ HOST: '127.0.0.1', PORT: '0', UPSTREAMS: `data=${data.origin}` });
  const ended = once(child, 'exit');
  const origin = await listeningOf(child);
  await until(() => isReady(origin));
  const pending = ask(origin, '/data');
  await until(() => held.length === 1);
  child.kill('SIGTERM');
  await until(() =>
    ask(origin, '/healthz').then(
      () => false,
      () => true,
    ),
  );
  for (const release of held) release();
  expect(await pending).toMatchObject({ status: 200, body: 'whole' });
  expect(await ended).toEqual([0, null]);
});

test('a process whose parent is gone leaves too', async () => {
  const child = start({ HOST: '127.0.0.1', PORT: '0', UPSTREAMS: 'data=http://127.0.0.1:1' });
  await listeningOf(child);
  child.disconnect();
  expect(await once(child, 'exit')).toEqual([0, null]);
});

test('bad settings and a taken port are a message and exit code 1', async () => {
  await using taken = await startUpstream(() => undefined);
  const leave = async (env: Readonly<Record<string, string>>) => {
    const child = start(env);
    const [text, [code]] = await Promise.all([textOf(child.stderr as Readable), once(child, 'exit')]);
    return { text, code: code as number };
  };
  const bad = await leave({ PORT: 'x' });
  expect(bad.code).toBe(1);
  for (const name of ['HOST', 'PORT', 'UPSTREAMS']) expect(bad.text).toContain(name);
  const late = await leave({
    HOST: '127.0.0.1',
    PORT: String(taken.port),
    UPSTREAMS: 'data=http://127.0.0.1:1',
  });
  expect(late).toMatchObject({ code: 1, text: expect.stringContaining('EADDRINUSE') });
});
