import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { temporaryFolder } from '@roomkey/experiment';
import { expect, test } from 'vitest';
import { EXPERIMENTS } from '../src/experiments/index.ts';
import type { Result } from '../src/results.ts';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function lab(...words: string[]): Promise<Ended> {
  try {
    return { code: 0, ...(await promisify(execFile)(execPath, [main, ...words])) };
  } catch (error) {
    return error as Ended;
  }
}

test('without a name it lists the experiments and their claims', async () => {
  const { code, stdout } = await lab();
  expect(code).toBe(0);
  for (const { name, claim } of EXPERIMENTS)
    expect(stdout.split('\n').some((line) => line.startsWith(name) && line.includes(claim))).toBe(true);
});

test('an unknown name is told which there are, and no folder is made', async () => {
  await using parent = temporaryFolder('lab');
  const { code, stderr } = await lab('astrology', '--out', join(parent.path, 'results'));
  expect(code).toBe(2);
  expect(stderr).toContain('weight');
  expect(await readdir(parent.path)).toEqual([]);
});

test.each([
  [['weight', 'leak', 'weight'], '"weight" is named twice. Once is enough.\n'],
  [['report', 'weight', '--quick'], '"report" stands without weight --quick: lab report [--out <folder>].\n'],
  [['weight', 'table'], '"table" stands without weight: lab table.\n'],
  [['table', '--out', 'here'], '"table" stands without --out: lab table.\n'],
  [['weight', '--fast'], "Unknown option '--fast'. There are --quick, --json, --out <folder> and --help.\n"],
])('%j is refused and told what would be right', async (words, refusal) => {
  expect(await lab(...words)).toMatchObject({ code: 2, stdout: '', stderr: refusal });
});

test('--help tells how it is used and what the exit codes mean', async () => {
  const { code, stdout, stderr } = await lab('weight', '--help');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain('lab <name…> | all [--quick] [--json] [--out <folder>]');
  expect(stdout).toContain('3  an experiment could not be carried out');
});

test(
  'an experiment whose result cannot be kept is a line of JSON with the error, and an exit code of its own',
  { timeout: 60_000 },
  async () => {
    await using folder = temporaryFolder('lab');
    await mkdir(join(folder.path, 'weight.json'));
    const { code, stdout, stderr } = await lab('weight', '--quick', '--json', '--out', folder.path);
    expect(code).toBe(3);
    const [line, ...rest] = stdout.split('\n');
    expect(JSON.parse(line ?? '')).toEqual({
      experiment: 'weight',
      error: expect.stringContaining('weight.json'),
    });
    expect(rest).toEqual(['']);
    expect(stderr).toContain('The experiment weight could not be carried out: ');
    expect(stderr).toContain('The report could not be made: ');
  },
);

test(
  'an experiment leaves its result and a page, and its verdict decides no exit code',
  { timeout: 60_000 },
  async () => {
    await using folder = temporaryFolder('lab');
    const { code, stdout } = await lab('weight', '--quick', '--json', '--out', folder.path);
    expect(code).toBe(0);
    const printed = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as Result;
    const kept = JSON.parse(await readFile(join(folder.path, 'weight.json'), 'utf8')) as Result;
    expect(printed).toMatchObject({ ...kept });
    expect(kept).toMatchObject({ name: 'weight', isQuick: true });
    expect(kept.tables[0]?.rows.length).toBeGreaterThan(3);
    expect(await readFile(join(folder.path, 'report.html'), 'utf8')).toContain(kept.because);
  },
);
