import { expect, test } from 'vitest';
import { inBatches } from '../../src/store/in-batches.ts';

test('what is asked while a batch is under way waits for the next: no answer is older than its question', async () => {
  const batches: (readonly number[])[] = [];
  const gates: (() => void)[] = [];
  const double = inBatches(async (items: readonly number[]) => {
    batches.push(items);
    await new Promise<void>((resolve) => gates.push(resolve));
    return items.map((item) => item * 2);
  });
  const first = [double(1), double(2)];
  await expect.poll(() => batches.length).toBe(1);
  const second = [double(3), double(4)];
  gates.shift()?.();
  expect(await Promise.all(first)).toEqual([2, 4]);
  await expect.poll(() => batches.length).toBe(2);
  gates.shift()?.();
  expect(await Promise.all(second)).toEqual([6, 8]);
  expect(batches).toEqual([
    [1, 2],
    [3, 4],
  ]);
});

test('a batch that fails fails for those in it alone', async () => {
  const faults = [new Error('the database is away')];
  const echo = inBatches(async (items: readonly string[]) => {
    const fault = faults.shift();
    if (fault) throw fault;
    return items;
  });
  const failed = await Promise.allSettled([echo('a'), echo('b')]);
  expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await echo('c')).toBe('c');
});
