import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { execPath, kill } from 'node:process';
import { fileURLToPath } from 'node:url';
import { expect, test, vi } from 'vitest';
import { startPostgres } from '../src/index.ts';
import { query, scratchFolder } from './scratch.ts';

const starter = fileURLToPath(new URL('starter.ts', import.meta.url));

/** Starts a server from a process of its own. */
async function startElsewhere(dataDir: string) {
  const child = spawn(execPath, [starter, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, ...(JSON.parse(line.toString()) as { pid: number; superuserUrl: string }) };
}

const answers = (url: string): Promise<boolean> =>
  query(url, 'select 1').then(
    () => true,
    () => false,
  );

test('the server goes when its starter is killed with SIGKILL, and the next start needs no help', async () => {
  await using folder = await scratchFolder();
  const { child, superuserUrl } = await startElsewhere(folder.path);
  expect(await answers(superuserUrl)).toBe(true);
  child.kill('SIGKILL');

  await using next = await startPostgres({ dataDir: folder.path, durable: false });
  expect(await answers(superuserUrl)).toBe(next.superuserUrl === superuserUrl);
  expect(await answers(next.superuserUrl)).toBe(true);
});

test('a server killed with SIGKILL is reported gone, and the next start recovers its data', async () => {
  await using folder = await scratchFolder();
  const first = await startPostgres({ dataDir: folder.path });
  await query(await first.createDatabase('orders'), 'create table kept as select 42 as answer');
  kill(first.pid, 'SIGKILL');
  await first.exited;

  await using second = await startPostgres({ dataDir: folder.path });
  expect(await query(await second.createDatabase('orders'), 'select answer from kept')).toEqual([
    { answer: 42 },
  ]);
});

test('Ctrl-C for the group of the starter passes the server by; it ends after the starter has', async () => {
  await using folder = await scratchFolder();
  const { child, pid, superuserUrl } = await startElsewhere(folder.path);
  // A process that leads a group of its own can be signalled as a group.
  expect(kill(-pid, 0)).toBe(true);
  child.kill('SIGINT');
  await vi.waitUntil(async () => !(await answers(superuserUrl)), { timeout: 10_000 });
});
