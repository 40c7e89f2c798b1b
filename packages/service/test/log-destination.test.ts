import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const PROGRAM = fileURLToPath(new URL('./logs-and-leaves.ts', import.meta.url));
/** A pipe holds less than these: about 64 KiB. */
const MORE_THAN_A_PIPE_HOLDS = ['5', '120'] as const;
const LESS = ['2', '120'] as const;

test.each([
  [...LESS, 'at-once', 'reads all the time'],
  [...LESS, 'later', 'reads all the time'],
  [...MORE_THAN_A_PIPE_HOLDS, 'at-once', 'reads all the time'],
  [...MORE_THAN_A_PIPE_HOLDS, 'at-once', 'begins when the process leaves'],
  [...MORE_THAN_A_PIPE_HOLDS, 'later', 'begins when the process leaves'],
])(
  '%s bursts of %s lines, left %s: each line comes once, whole and in order, to who %s',
  async (bursts, lines, how, reader) => {
    const child = fork(PROGRAM, [bursts, lines, how], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
    const stdout = child.stdout as Readable;
    if (reader !== 'reads all the time') {
      stdout.pause();
      await once(child, 'message');
    }
    const read = (await text(stdout)).trim().split('\n');
    const count = Number(bursts) * Number(lines);
    expect(read.map((line) => (JSON.parse(line) as { number: number }).number)).toEqual(
      Array.from({ length: count }, (_, at) => at + 1),
    );
  },
);
