import { expect, test } from 'vitest';
import { TokenCache } from '../src/token-cache.ts';
import { announceSeed, createRandom } from './random.ts';

interface Entry {
  readonly token: string;
  readonly weight: number;
}

const entryOf = (token: string, weight = token.length): Entry => ({ token, weight });

/** Tokens that end alike: the part that a cache finds them by is the same. */
const tokenOf = (start: number, end = start) => `${start}.payload.${String(end).padStart(30, '0')}`;

test('never gives another token than the one that was asked for, though they end alike (security 21, 28)', () => {
  const cache = new TokenCache<Entry>(100);
  cache.add(entryOf(tokenOf(1, 7)));
  expect(cache.get(tokenOf(1, 7))).toEqual(entryOf(tokenOf(1, 7)));
  expect(cache.get(tokenOf(2, 7))).toBeUndefined();
  expect(cache.get(tokenOf(2, 7).slice(-22))).toBeUndefined();
  expect(cache.get('')).toBeUndefined();
  cache.add(entryOf(tokenOf(2, 7)));
  expect(cache.get(tokenOf(2, 7))).toEqual(entryOf(tokenOf(2, 7)));
  expect(cache.get(tokenOf(1, 7))).toEqual(entryOf(tokenOf(1, 7)));
});

test('keeps no more than it may, and what is asked for longest (security 28)', () => {
  const cache = new TokenCache<Entry>(1_000);
  const favourite = entryOf(tokenOf(0));
  cache.add(favourite);
  let most = 0;
  for (let at = 1; at < 50_000; at += 1) {
    cache.add(entryOf(tokenOf(at)));
    if (at % 100 === 0) cache.get(favourite.token);
    most = Math.max(most, cache.size);
  }
  expect(most).toBeGreaterThan(900);
  expect(most).toBeLessThanOrEqual(1_000);
  expect(cache.get(favourite.token)).toBe(favourite);
  expect(cache.get(tokenOf(1))).toBeUndefined();
  expect(cache.get(tokenOf(49_999))).toBeDefined();
});

test('keeps fewer where they are heavy: the memory is bounded, not only the number (security 28)', () => {
  const cache = new TokenCache<Entry>(1_000);
  const weight = 8_000;
  let most = 0;
  for (let at = 0; at < 3_000; at += 1) {
    cache.add(entryOf(tokenOf(at), weight));
    most = Math.max(most, cache.size);
  }
  expect(most * weight).toBeGreaterThan(0.9 * 1_000 * 1_536);
  expect(most * weight).toBeLessThanOrEqual(1_000 * 1_536);
  expect(cache.get(tokenOf(2_999))).toBeDefined();
  // What is gone weighs nothing any more.
  for (let at = 0; at < 3_000; at += 1) cache.delete(tokenOf(at));
  for (let at = 0; at < 10_000; at += 1) cache.add(entryOf(tokenOf(at), 1));
  expect(cache.size).toBeGreaterThan(900);
});

test.each([2, 3, 10, 21])(
  'whatever is added, asked for and deleted, %i entries are right and no more (security 28)',
  (maxEntries) => {
    const random = createRandom(announceSeed('token cache'));
    const cache = new TokenCache<Entry>(maxEntries);
    const live = new Map<string, Entry>();
    const faults: string[] = [];
    let found = 0;
    for (let step = 0; step < 20_000; step += 1) {
      // Few ends, so that many tokens meet in one place.
      const token = tokenOf(random.below(30), random.below(15));
      const action = random.pick(['add', 'get', 'delete'] as const);
      if (action === 'add') {
        live.set(token, entryOf(token));
        cache.add(entryOf(token));
      } else if (action === 'delete') {
        live.delete(token);
        cache.delete(token);
      }
      const entry = cache.get(token);
      if (entry !== undefined) found += 1;
      if (entry !== undefined && (entry.token !== token || !live.has(token)))
        faults.push(`${action} ${token}`);
      if (action === 'add' && entry === undefined) faults.push(`${token} is lost`);
      if (cache.size > maxEntries) faults.push(`${cache.size} entries`);
    }
    expect(faults).toEqual([]);
    expect(found).toBeGreaterThan(100);
  },
);
