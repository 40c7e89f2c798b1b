import { expect, test } from 'vitest';
import { openDesk } from './desk.ts';
import { History, LIST_SIZE, MAX_AGE_SECONDS, type Fault } from './history.ts';
import { announceSeed, createRandom } from './random.ts';
import { openView } from './view.ts';

const RUNS = 11;
const STEPS = 200;
const FAULTS: readonly Fault[] = [
  'expired',
  'withdrawn key',
  'revoked',
  'revoked actor',
  'stale list',
  'stale view',
];

test('whatever is issued, forged, revoked, rotated, passes, fails or recovers: a cache changes no verdict, the dead are refused, the living are not (security 21, 28, 38, 84, 95, 99, 104, 154)', async () => {
  const seed = announceSeed('interleavings');
  const histories = await Promise.all(
    Array.from({ length: RUNS }, async (_, run) => {
      const random = createRandom(seed + run);
      const clock = { nowMs: Date.now() };
      const now = () => clock.nowMs;
      await using desk = await openDesk({ now });
      desk.addList('0', LIST_SIZE);
      using opened = await openView(desk, {
        now,
        maxAgeSeconds: MAX_AGE_SECONDS,
        timeoutMs: 20_000,
        coolDownMs: Infinity,
      });
      // The one surprise that it may have is had before the history begins.
      opened.view.key('unknown');
      const history = new History(random, clock, desk, opened);
      await opened.view.refresh();
      for (let step = 0; step < STEPS; step += 1) await history.step();
      return history;
    }),
  );
  const sum = (of: (history: History) => number) =>
    histories.reduce((total, history) => total + of(history), 0);
  // The test says something only when both happen often, and tokens that the cache knows end in each of the ways.
  expect(sum((history) => history.accepted)).toBeGreaterThan((RUNS * STEPS) / 2);
  expect(sum((history) => history.refused)).toBeGreaterThan(RUNS * STEPS);
  expect(sum((history) => history.forged)).toBeGreaterThan((RUNS * STEPS) / 2);
  const isMissed = (fault: Fault) => histories.every((history) => !history.endings.has(fault));
  expect(FAULTS.filter(isMissed)).toEqual([]);
}, 120_000);
