import { expect, test } from 'vitest';
import { coalesce } from '../src/index.ts';
import { announceSeed, createRandom } from './random.ts';

test('calls before a run are answered by it, calls during a run by one run more', async () => {
  const runs: PromiseWithResolvers<number>[] = [];
  const look = coalesce(() => {
    const run = Promise.withResolvers<number>();
    runs.push(run);
    return run.promise;
  });
  const before = [look(), look()];
  await expect.poll(() => runs.length).toBe(1);
  const during = [look(), look(), look()];
  runs[0]?.resolve(1);
  expect(await Promise.all(before)).toEqual([1, 1]);
  await expect.poll(() => runs.length).toBe(2);
  runs[1]?.resolve(2);
  expect(await Promise.all(during)).toEqual([2, 2, 2]);
});

test('a run that fails fails those who asked for it, and nobody after them', async () => {
  let runs = 0;
  const look = coalesce(async () => {
    runs += 1;
    if (runs === 1) throw new Error('the first one');
    return runs;
  });
  await expect(Promise.all([look(), look()])).rejects.toThrow('the first one');
  expect(await look()).toBe(2);
});

test('two runs never overlap, and no call is answered by a run that had begun before it', async () => {
  const random = createRandom(announceSeed('coalesce'));
  let begun = 0;
  let underWay = 0;
  let most = 0;
  const look = coalesce(async () => {
    begun += 1;
    const own = begun;
    underWay += 1;
    most = Math.max(most, underWay);
    for (let turn = random.below(4); turn > 0; turn -= 1) await new Promise(setImmediate);
    underWay -= 1;
    return own;
  });
  const callers = Array.from({ length: 30 }, async () => {
    for (let time = 0; time < 100; time += 1) {
      // Called between any two microtasks, also those just after the end of a run.
      for (let turn = random.below(6); turn > 0; turn -= 1) await Promise.resolve();
      const begunBefore = begun;
      if ((await look()) <= begunBefore) return 'answered by an old run';
    }
    return 'well';
  });
  expect(new Set(await Promise.all(callers))).toEqual(new Set(['well']));
  expect(most).toBe(1);
  expect(begun).toBeGreaterThan(100);
});

test('with a gap, runs begin no sooner after each other than that, and the first one at once', async () => {
  const begins: number[] = [];
  const look = coalesce(async () => {
    begins.push(performance.now());
  }, 15);
  for (let time = 0; time < 6; time += 1) await Promise.all([look(), look()]);
  const gaps = begins.slice(1).map((begin, at) => begin - (begins[at] ?? 0));
  expect(gaps).toHaveLength(5);
  // A timer may be a millisecond early.
  expect(Math.min(...gaps)).toBeGreaterThan(13);
});
