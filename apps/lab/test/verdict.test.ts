import { expect, test } from 'vitest';
import { verdictOf } from '../src/finding.ts';

const met = { says: 'it is so', met: true };
const unmet = { says: 'it is so', met: false };

test('a claim holds where all rules are met', () => {
  expect(verdictOf({ core: [met], unconditional: [met] })).toBe('holds');
});

test('a claim holds under conditions where its core is met and something else is not', () => {
  expect(verdictOf({ core: [met], unconditional: [met, unmet] })).toBe('holds under conditions');
});

test('a claim does not hold where a core rule is not met, whatever else is', () => {
  expect(verdictOf({ core: [met, unmet], unconditional: [met] })).toBe('does not hold');
});
