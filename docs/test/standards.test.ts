import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const document = new URL('../standards.md', import.meta.url);
const text = readFileSync(document, 'utf8');

/** The numbers a test file cites: `(security 7, 9–11)`. */
function citedIn(file: URL): Set<number> {
  const numbers = [...readFileSync(file, 'utf8').matchAll(/security (\d[\d, –-]*)/g)].flatMap(
    ([, list = '']) =>
      list.split(',').flatMap((part) => {
        const [first = Number.NaN, last = first] = part.split(/[–-]/).map(Number);
        return Array.from({ length: last - first + 1 }, (_, step) => first + step);
      }),
  );
  return new Set(numbers);
}

const rows = [...text.matchAll(/^\| (\d+) \| (.*) \| (.*) \|$/gm)].map(([, number, how, tests = '']) => ({
  number: Number(number),
  how,
  tests: [...tests.matchAll(/\]\(([^)]+)\)/g)].map(([, path = '']) => path),
}));

test('every requirement of the sections that are named has its row', () => {
  const range = (first: number, last: number) =>
    Array.from({ length: last - first + 1 }, (_, step) => first + step);
  const wanted = [...range(1, 108), ...range(117, 136), ...range(143, 155)];
  expect(rows.map((row) => row.number)).toEqual(wanted);
});

test.each(rows)('the tests named for requirement $number cite it', ({ number, tests }) => {
  const silent = tests.filter((path) => !citedIn(new URL(path, document)).has(number));
  expect(silent).toEqual([]);
});
