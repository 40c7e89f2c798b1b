import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { execPath } from 'node:process';
import { choosePort } from '@roomkey/embedded-system';
import { expect, test } from 'vitest';
import { untilListening } from '../src/listening-port.ts';

async function ended(code: string): Promise<ChildProcess> {
  const child = spawn(execPath, ['--eval', code], { stdio: 'ignore' });
  await once(child, 'exit');
  return child;
}

test.each([
  ["process.kill(process.pid, 'SIGKILL')", 'SIGKILL'],
  ['process.exit(7)', 'exit code 7'],
])('a program that has ended by %j is not waited for', async (code, end) => {
  const started = untilListening(await choosePort(), 'the program', await ended(code));
  await expect(started).rejects.toThrow(`the program did not start: it ended with ${end}`);
});
