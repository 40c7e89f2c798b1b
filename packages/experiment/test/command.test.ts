import { expect, test } from 'vitest';
import { DrillRun } from './drill-run.ts';

async function drill(...words: readonly string[]) {
  await using run = await DrillRun.start(...words);
  const code = await run.end();
  return { code, stdout: run.stdout, said: run.stderr };
}

test.each([
  [['flood'], 'There is no drill "flood". There are: short, long, torn, busy, faulty, whole; or all.\n'],
  [
    ['short', 'flood'],
    'There is no drill "flood". There are: short, long, torn, busy, faulty, whole; or all.\n',
  ],
  [['short', 'long', 'short'], '"short" is named twice. Once is enough.\n'],
  [
    ['all', 'short'],
    '"all" is every drill and stands alone. Leave it out, or leave out what stands beside it: short.\n',
  ],
  [['short', '--quick'], 'There is no option --quick. There is --json.\n'],
])('%j is refused before anything is carried out, and told what would be right', async (words, refusal) => {
  expect(await drill(...words)).toEqual({ code: 2, stdout: '', said: refusal });
});

test('the "--" that pnpm hands on means nothing', async () => {
  const { code, stdout } = await drill('--', 'short', '--json');
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toEqual({ drill: 'short', figures: {}, goal: 'to be carried out', ok: true });
});
