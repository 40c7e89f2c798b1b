import { env } from 'node:process';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  activeKey,
  dueActivation,
  forgettableKeys,
  keyState,
  publishedKeys,
  type KeyTimes,
  type RotationPolicy,
} from '../../src/domain/key-schedule.ts';

const POLICY: RotationPolicy = { pendingSeconds: 100, retiringSeconds: 300, intervalSeconds: 1_000 };
const START = Date.UTC(2026, 0, 1);
const at = (seconds: number): Date => new Date(START + seconds * 1_000);

function key(kid: string, publishedAt: number, activatesAt: number, revokedAt?: number): KeyTimes {
  return {
    kid,
    publishedAt: at(publishedAt),
    activatesAt: at(activatesAt),
    revokedAt: revokedAt === undefined ? null : at(revokedAt),
  };
}

const stateAt = (keys: readonly KeyTimes[], kid: string, seconds: number) => {
  const one = keys.find((candidate) => candidate.kid === kid);
  return one && keyState(one, keys, at(seconds), POLICY);
};

test('a key is pending, active, retiring and removed, each from a moment that follows from the rows', () => {
  const keys = [key('a', 0, 0), key('b', 900, 1_000), key('c', 1_900, 2_000)];
  const states = (kid: string) =>
    [899, 999, 1_000, 1_299, 1_300, 1_999, 2_000].map((seconds) => stateAt(keys, kid, seconds));
  expect(states('a')).toEqual(['active', 'active', 'retiring', 'retiring', 'removed', 'removed', 'removed']);
  expect(states('b')).toEqual(['pending', 'pending', 'active', 'active', 'active', 'active', 'retiring']);
});

test('a revoked key is removed, and the one before it signs no longer than it did', () => {
  const keys = [key('a', 0, 0), key('b', 900, 1_000, 1_100), key('c', 1_100, 1_100)];
  expect(stateAt(keys, 'b', 1_100)).toBe('removed');
  expect(stateAt(keys, 'a', 1_100)).toBe('retiring');
  expect(stateAt(keys, 'a', 1_299)).toBe('retiring');
  expect(stateAt(keys, 'a', 1_300)).toBe('removed');
});

test('a key that was revoked before it signed has superseded nothing', () => {
  const keys = [key('a', 0, 0), key('b', 900, 1_000, 950)];
  expect(stateAt(keys, 'a', 2_000)).toBe('active');
});

test('the first key signs at once; each next one is due a pending time before its predecessor has signed an interval', () => {
  expect(dueActivation([], at(0), POLICY)).toEqual(at(0));
  const keys = [key('a', 0, 0)];
  expect(dueActivation(keys, at(899), POLICY)).toBeUndefined();
  expect(dueActivation(keys, at(900), POLICY)).toEqual(at(1_000));
  // Nobody was there when it was due: verifiers are still waited for.
  expect(dueActivation(keys, at(5_000), POLICY)).toEqual(at(5_100));
  expect(dueActivation([...keys, key('b', 900, 1_000)], at(950), POLICY)).toBeUndefined();
  expect(dueActivation([key('a', 0, 0, 10)], at(20), POLICY)).toEqual(at(20));
});

const seconds = fc.integer({ min: 0, max: 5_000 });
const rows = fc
  .array(
    fc.record({
      published: seconds,
      pending: seconds,
      revoked: fc.option(seconds, { nil: undefined, freq: 2 }),
    }),
    {
      minLength: 1,
      maxLength: 8,
    },
  )
  .map((all) =>
    all.map(({ published, pending, revoked }, index) =>
      key(`k${index}`, published, published + pending, revoked),
    ),
  );

test('whatever the rows and the moment: at most one key signs, it is published, and forgetting changes nothing (security 37, 154)', () => {
  const seed = Number(env['ROOMKEY_SEED'] ?? Date.now() % 2 ** 31);
  fc.assert(
    fc.property(rows, seconds, (keys, moment) => {
      const now = at(moment);
      const active = keys.filter((one) => keyState(one, keys, now, POLICY) === 'active');
      expect(active.length).toBeLessThanOrEqual(1);
      expect(active[0]).toBe(activeKey(keys, now));
      const published = publishedKeys(keys, now, POLICY);
      for (const one of active) expect(published).toContain(one);
      expect(published.filter((one) => one.revokedAt !== null)).toEqual([]);

      const forgotten = forgettableKeys(keys, now, POLICY);
      const kept = keys.filter((one) => !forgotten.includes(one));
      expect(publishedKeys(kept, now, POLICY)).toEqual(published);
      expect(activeKey(kept, now)).toBe(activeKey(keys, now));
      expect(dueActivation(kept, now, POLICY)).toEqual(
        kept.length === 0 ? now : dueActivation(keys, now, POLICY),
      );
    }),
    { numRuns: 5_000, seed },
  );
});

test('a key that signs stays published for the longest token after its last signature, whatever comes after it', () => {
  const seed = Number(env['ROOMKEY_SEED'] ?? Date.now() % 2 ** 31);
  const valid = rows.map((keys) => keys.map((one) => ({ ...one, revokedAt: null })));
  fc.assert(
    fc.property(valid, seconds, fc.integer({ min: 0, max: 299 }), (keys, signedAt, tokenAge) => {
      const signing = activeKey(keys, at(signedAt));
      if (signing === undefined) return;
      expect(publishedKeys(keys, at(signedAt + tokenAge), POLICY)).toContain(signing);
    }),
    { numRuns: 5_000, seed },
  );
});
