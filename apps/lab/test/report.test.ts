import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { EXPERIMENTS } from '../src/experiments/index.ts';
import { bars, lines } from '../src/plots.ts';
import { PARTS, readParts } from '../src/report/readme-parts.ts';
import { renderReport } from '../src/report/report.ts';
import { loadResults, type Result } from '../src/results.ts';
import { verdictTable, withVerdictTable } from '../src/verdict-table.ts';

const RESULT: Result = {
  name: 'weight',
  claim: 'Tokens are <light>',
  verdict: 'holds under conditions',
  because: 'One | weighs 3 & the other 4.',
  isQuick: true,
  finishedAt: '2026-11-22T00:00:00.000Z',
  tookSeconds: 1,
  machine: 'a machine',
  commit: 'abcdef',
  versions: { node: '26.10.0' },
  figures: {},
  tables: [{ title: 'Bytes', columns: ['side', 'bytes'], rows: [['token', 1_234]] }],
  plots: [
    bars('Bars', 'to be seen', {
      value: { title: 'µs' },
      rows: [{ label: 'token', side: 'ours', value: 3, low: 2, high: 4 }],
    }),
    bars('Points', 'to be seen', {
      value: { title: 'µs', scale: 'log' },
      rows: [{ label: 'session', side: 'theirs', value: 300 }],
    }),
    lines('Lines', 'to be seen', {
      x: { title: 's' },
      y: { title: 'share' },
      points: [
        { series: 'token', x: 0, y: 1, low: 0.9, high: 1.1 },
        { series: 'token', x: 1, y: 2, low: 1.9, high: 2.1 },
      ],
    }),
  ],
  rules: { core: [{ says: 'it is light', met: true }], unconditional: [{ says: 'always', met: false }] },
};

test('the report is one page that needs nothing else', async () => {
  const page = await renderReport([RESULT]);
  expect(page.match(/<svg/g)).toHaveLength(3);
  expect(page).not.toMatch(/<script|<link|<img|url\(|@import/);
  expect(page).toContain('Tokens are &lt;light&gt;');
  expect(page).toContain('<td class="number">1,234</td>');
  expect(page).toContain('<li class="unmet">always: no</li>');
  expect(page).toContain('a machine. Commit abcdef. node 26.10.0.');
});

test('somebody who has read nothing else learns the words, what was done for the rivals, and what stands against each claim', async () => {
  const page = await renderReport([RESULT]);
  expect(page).toContain('<dt>desk</dt>');
  expect(page).toContain('one connection with pipelining');
  expect(page).toContain('Not so: always.');
});

test('ours has the first colour, wherever its rows stand', () => {
  const rows = ['session', 'token'].map((side) => ({ label: side, side, value: 1 }));
  const { spec } = bars('Bars', 'to be seen', { value: { title: 'µs' }, rows });
  expect(JSON.stringify(spec)).toContain('"domain":["token","session"]');
});

test.each(EXPERIMENTS.map(({ name }) => name))(
  'the README of %s says all that the report shows',
  async (name) => {
    expect(Object.keys(await readParts(name))).toEqual(expect.arrayContaining([...PARTS]));
  },
);

test('the table leads to each experiment, and no figure can break it', () => {
  const table = verdictTable([RESULT]);
  expect(table).toContain('[weight](apps/lab/src/experiments/weight/README.md)');
  expect(table).toContain('One \\| weighs');
  expect(table).toContain('*Not so:* always.');
  expect(() => withVerdictTable('a document without marks', [RESULT])).toThrow('no place for the table');
});

test('the README shows the verdicts of the committed results: otherwise run pnpm lab table', async () => {
  const readme = await readFile(new URL('../../../README.md', import.meta.url), 'utf8');
  const results = await loadResults(new URL('../results', import.meta.url).pathname, EXPERIMENTS);
  expect(readme).toBe(withVerdictTable(readme, results));
});
