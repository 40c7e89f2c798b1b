import { execFile } from 'node:child_process';
import process from 'node:process';
import { promisify } from 'node:util';
import { isListening } from '@roomkey/experiment';
import { expect, test, vi } from 'vitest';
import { optionalRedis } from './optional-redis.ts';

const WITHIN = { timeout: 20_000, interval: 10 };

/** The shell that watches over the server. */
async function watchOf(pid: number): Promise<number> {
  const { stdout } = await promisify(execFile)('ps', ['-o', 'ppid=', '-p', String(pid)]);
  return Number(stdout);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
  'a Redis is disposed of at once after %s, which a terminal sends to its watch too',
  async (signal) => {
    const redis = await optionalRedis();
    if (redis === undefined) return;
    for (const pid of [await watchOf(redis.pid), redis.pid]) process.kill(pid, signal);
    if (signal !== 'SIGHUP') await vi.waitUntil(async () => !(await isListening(redis.port)), WITHIN);
    await redis[Symbol.asyncDispose]();
    expect(await isListening(redis.port)).toBe(false);
  },
);

test('a Redis that has been killed is disposed of at once', async () => {
  const redis = await optionalRedis();
  if (redis === undefined) return;
  process.kill(redis.pid, 'SIGKILL');
  await redis[Symbol.asyncDispose]();
  expect(await isListening(redis.port)).toBe(false);
});

// To wait for an end that has passed would outlast the time of the test.
test('a Redis whose watch has been killed is disposed of at once', async () => {
  const redis = await optionalRedis();
  if (redis === undefined) return;
  const watch = await watchOf(redis.pid);
  process.kill(watch, 'SIGKILL');
  await vi.waitUntil(() => !isAlive(watch), WITHIN);
  await redis[Symbol.asyncDispose]();
  await expect.poll(() => isListening(redis.port), WITHIN).toBe(false);
});
