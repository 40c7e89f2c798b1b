import { execFile } from 'node:child_process';
import { execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function drill(...words: string[]): Promise<Ended> {
  try {
    return { code: 0, ...(await promisify(execFile)(execPath, [main, ...words])) };
  } catch (error) {
    return error as Ended;
  }
}

test('without a name it lists the drills and their promises', async () => {
  const { code, stdout } = await drill();
  expect(code).toBe(0);
  for (const name of ['revocation', 'rotation', 'auth-away', 'million', 'kills'])
    expect(stdout).toMatch(new RegExp(`^${name} +\\S`, 'm'));
});

test('an unknown name is told which there are', async () => {
  const { code, stderr } = await drill('flood');
  expect(code).toBe(2);
  expect(stderr).toContain('revocation, rotation, auth-away, million, kills');
});

test(
  'a drill ends with its figures, its goal and its verdict on one line, and with an exit code that agrees',
  { timeout: 120_000 },
  async () => {
    const { code, stdout } = await drill('million', '--json');
    const last = stdout.trimEnd().split('\n').at(-1) ?? '';
    const { figures, goal, ok } = JSON.parse(last) as {
      figures: { revoked: number };
      goal: string;
      ok: boolean;
    };
    expect(figures.revoked).toBe(10_000);
    expect(goal).toContain('10000 revocations');
    expect({ ok, code }).toEqual({ ok: true, code: 0 });
  },
);
