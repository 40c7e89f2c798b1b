import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { execPath, kill } from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const SHELL = fileURLToPath(new URL('./through-a-shell.ts', import.meta.url));
const COMMAND = fileURLToPath(new URL('./waits-for-its-end.ts', import.meta.url));
const SCRIPT = { npm_lifecycle_event: 'lab' };

/** What was started, from the outermost on; the last is the command itself. */
async function start(programs: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = spawn(execPath, programs, { env, stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const pids: number[] = [];
  for (const _ of programs) pids.push(Number(/\d+/.exec(String((await lines.next()).value))?.[0]));
  return {
    child,
    pids,
    word: async (): Promise<unknown> => (await lines.next()).value,
    /** Lets the command end, which has nothing more to say then. */
    leave: async (): Promise<void> => {
      child.stdin.end();
      expect((await lines.next()).done).toBe(true);
    },
  };
}

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)('%s is told once, with the exit code of a shell', async (signal, code) => {
  const { child, word, leave } = await start([COMMAND]);
  const ended = once(child, 'exit');
  child.kill(signal);
  expect(await word()).toBe(`ends ${signal} ${code}`);
  child.kill(signal);
  await leave();
  expect(await ended).toEqual([code, null]);
});

test.each(['SIGTERM', 'SIGKILL'] as const)(
  'a command ends when %s has ended the pnpm that started it',
  async (signal) => {
    const { pids, word, leave } = await start([SHELL, COMMAND], SCRIPT);
    kill(pids[0] ?? NaN, signal);
    expect(await word()).toBe('ends SIGHUP 129');
    await leave();
  },
);

test.each([
  ['npx', 0],
  ['the pnpm that npx brought', 1],
] as const)('a command ends when %s is killed alone', async (_, which) => {
  const env = { ...SCRIPT, npm_execpath: '/home/guest/.npm/_npx/9c70/node_modules/pnpm/pnpm' };
  const { pids, word, leave } = await start([SHELL, SHELL, COMMAND], env);
  kill(pids[which] ?? NaN, 'SIGKILL');
  expect(await word()).toBe('ends SIGHUP 129');
  await leave();
});
