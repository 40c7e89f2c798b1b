import { expect, test } from 'vitest';
import { summarize } from '../src/statistics.ts';

test('percentiles are values that were measured, by nearest rank', () => {
  const values = Array.from({ length: 200 }, (_, index) => 200 - index);
  expect(summarize(values)).toEqual({ count: 200, p50: 100, p99: 198, max: 200 });
  expect(summarize([7])).toEqual({ count: 1, p50: 7, p99: 7, max: 7 });
});

test('nothing measured has no percentile', () => {
  expect(summarize([]).p99).toBeNaN();
});
