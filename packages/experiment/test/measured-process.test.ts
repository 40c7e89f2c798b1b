import { execFile } from 'node:child_process';
import process, { execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { startMeasuredProcess } from '../src/measured-process.ts';

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test('a process is gone when it is disposed of', async () => {
  const measured = await startMeasuredProcess(new URL('./listening.ts', import.meta.url));
  expect(isAlive(measured.pid)).toBe(true);
  await measured[Symbol.asyncDispose]();
  expect(isAlive(measured.pid)).toBe(false);
});

test('a process that nobody disposes of neither keeps who started it nor outlives it', async () => {
  const program = fileURLToPath(new URL('./forgets-a-process.ts', import.meta.url));
  const { stdout } = await promisify(execFile)(execPath, [program], { timeout: 60_000 });
  await expect.poll(() => isAlive(Number(stdout)), { timeout: 30_000 }).toBe(false);
});
