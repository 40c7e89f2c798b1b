import { expect, test } from 'vitest';
import { DrillRun } from './drill-run.ts';

async function drill(...words: readonly string[]) {
  await using run = await DrillRun.start(...words);
  const code = await run.end();
  return { code, stdout: run.stdout, said: run.stderr };
}

test.each([
  [
    ['flood'],
    'There is no drill "flood". There are: short, missed, unable, long, torn, busy, faulty, whole; or all.\n',
  ],
  [
    ['short', 'flood'],
    'There is no drill "flood". There are: short, missed, unable, long, torn, busy, faulty, whole; or all.\n',
  ],
  [['short', 'long', 'short'], '"short" is named twice. Once is enough.\n'],
  [
    ['all', 'short'],
    '"all" is every drill and stands alone. Leave it out, or leave out what stands beside it: short.\n',
  ],
  [['short', '--quick'], 'There is no option --quick. There are --json and --help.\n'],
])('%j is refused before anything is carried out, and told what would be right', async (words, refusal) => {
  expect(await drill(...words)).toEqual({ code: 2, stdout: '', said: refusal });
});

test('the "--" that pnpm hands on means nothing', async () => {
  const { code, stdout } = await drill('--', 'short', '--json');
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toEqual({ drill: 'short', figures: {}, goal: 'to be carried out', ok: true });
});

test('a drill that cannot be carried out has an exit code of its own, whatever becomes of the others', async () => {
  for (const [words, code] of [
    [['short'], 0],
    [['short', 'missed'], 1],
    [['unable'], 3],
    [['missed', 'unable', 'short'], 3],
  ] as const)
    expect({ words, code: (await drill(...words)).code }).toEqual({ words, code });
});

test('with --json a drill that cannot be carried out is one line too: its name and why', async () => {
  const { code, stdout, said } = await drill('short', 'unable', '--json');
  const [first, second, ...rest] = stdout.split('\n');
  expect(JSON.parse(first ?? '')).toMatchObject({ drill: 'short', ok: true });
  expect(JSON.parse(second ?? '')).toEqual({ drill: 'unable', error: 'the fire brigade is not installed' });
  expect(rest).toEqual(['']);
  expect(code).toBe(3);
  expect(said).toContain('The drill unable could not be carried out: the fire brigade is not installed\n');
});

test('without --json it is told on stderr alone', async () => {
  const { stdout, said } = await drill('unable');
  expect(stdout).toBe('');
  expect(said).toContain('The drill unable could not be carried out: the fire brigade is not installed\n');
});

test.each(['--help', '-h'])('%s tells how it is used and what the exit codes mean', async (option) => {
  const { code, stdout, said } = await drill(option, 'unable');
  expect({ code, said }).toEqual({ code: 0, said: '' });
  expect(stdout).toContain('drill <name…> | all [--json]');
  expect(stdout).toContain('3  a drill could not be carried out');
});
