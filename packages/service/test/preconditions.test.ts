import { expect, test } from 'vitest';
import { formatETag, matchesIfNoneMatch, Problem, requireIfMatch, versionsIn } from '../src/index.ts';

function slugOf(act: () => unknown): string | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    return error instanceof Problem ? error.slug : 'not a problem';
  }
}

test('If-Match gives its strong tags; weak ones match nothing', () => {
  expect(requireIfMatch('"3"')).toEqual(['3']);
  expect(requireIfMatch('"3", W/"4" ,"a,b"')).toEqual(['3', 'a,b']);
  expect(versionsIn(requireIfMatch('"3", "x", "03", "99999999999", "-1"'))).toEqual([3]);
});

test('a write without a version is asked for one', () => {
  expect(slugOf(() => requireIfMatch(undefined))).toBe('precondition-required');
  expect(slugOf(() => requireIfMatch(' * '))).toBe('precondition-required');
});

test.each(['3', '"3', '"3" "4"', 'w/"3"', '"3";', '*, "3"', '"a b"'])(
  'the malformed list %s is refused in both fields',
  (header) => {
    expect(slugOf(() => requireIfMatch(header))).toBe('bad-request');
    expect(slugOf(() => matchesIfNoneMatch(header, '"3"'))).toBe('bad-request');
  },
);

test('If-None-Match compares weakly and knows the star', () => {
  expect(matchesIfNoneMatch('W/"3", "9"', formatETag(3))).toBe(true);
  expect(matchesIfNoneMatch('*', formatETag(3))).toBe(true);
  expect(matchesIfNoneMatch('"33"', formatETag(3))).toBe(false);
  expect(matchesIfNoneMatch(undefined, formatETag(3))).toBe(false);
});

test('16 KB of hostile If-Match are read in linear time', () => {
  const start = performance.now();
  slugOf(() => requireIfMatch(`${'"",'.repeat(5_000)}"`));
  slugOf(() => requireIfMatch(`"3"${' '.repeat(16_000)}x`));
  expect(performance.now() - start).toBeLessThan(500);
});
