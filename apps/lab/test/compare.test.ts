import { expect, test } from 'vitest';
import { isReliablyLess } from '../src/compare.ts';

const ONE = [1, 1, 1, 1, 1, 1, 1, 1, 1];

test('less in eight rounds of nine is less, in seven it may be chance', () => {
  expect(isReliablyLess(ONE, [2, 2, 2, 2, 2, 2, 2, 2, 0])).toBe(true);
  expect(isReliablyLess(ONE, [2, 2, 2, 2, 2, 2, 2, 0, 0])).toBe(false);
});

test('it takes five rounds to say anything, and equal is not less', () => {
  expect(isReliablyLess([1, 1, 1, 1], [2, 2, 2, 2])).toBe(false);
  expect(isReliablyLess([1, 1, 1, 1, 1], [2, 2, 2, 2, 2])).toBe(true);
  expect(isReliablyLess(ONE, ONE)).toBe(false);
});
