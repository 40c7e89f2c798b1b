import { execFile } from 'node:child_process';
import process, { execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

interface Ended {
  readonly code: number;
  readonly stdout: string;
}

async function bench(words: readonly string[], env = process.env): Promise<Ended> {
  try {
    return { code: 0, ...(await promisify(execFile)(execPath, [main, ...words], { env })) };
  } catch (error) {
    return error as Ended;
  }
}

test('without a name it lists the benches and what each claims', async () => {
  const { code, stdout } = await bench([]);
  expect(code).toBe(0);
  for (const measure of ['P1', 'P2', 'P3', 'P4', 'P5', 'P6', 'P7', 'P8', 'P10', 'P11', 'P12'])
    expect(stdout).toContain(` ${measure}: `);
});

test('a bench that misses a program ends with what it misses as JSON, and with another exit code than a missed goal', async () => {
  const nowhere = { ...process.env, PATH: '/nonexistent' };
  const { code, stdout } = await bench(['verify-latency', '--json'], nowhere);
  expect(JSON.parse(stdout)).toEqual({
    bench: 'verify-latency',
    error: expect.stringContaining('apt-get install redis-server'),
  });
  expect(code).toBe(3);
});

test(
  'a bench ends with its figures, its goal and its verdict on one line, and with an exit code that agrees',
  { timeout: 120_000 },
  async () => {
    const { code, stdout } = await bench(['verify-cold', '--json']);
    const { figures, goal, ok } = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as {
      figures: { roomkeyToFastifyJwt: { median: number; rounds: number } };
      goal: string;
      ok: boolean;
    };
    expect(figures.roomkeyToFastifyJwt.rounds).toBeGreaterThan(1);
    expect(goal).toContain('0.55');
    expect(ok).toBe(figures.roomkeyToFastifyJwt.median <= 0.55);
    expect(code).toBe(ok ? 0 : 1);
  },
);
