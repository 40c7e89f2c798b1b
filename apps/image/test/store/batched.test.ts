import { expect, test } from 'vitest';
import { batched } from '../../src/store/batched.ts';

/** A store that answers when it is told to, and remembers what it was asked. */
function openStore() {
  const asked: string[][] = [];
  const answers: PromiseWithResolvers<ReadonlyMap<string, string>>[] = [];
  const find = batched<string, string>((keys) => {
    asked.push(keys);
    const answer = Promise.withResolvers<ReadonlyMap<string, string>>();
    answers.push(answer);
    return answer.promise;
  });
  const answer = (query: number, values: Record<string, string>) =>
    answers[query]?.resolve(new Map(Object.entries(values)));
  return { asked, answers, find, answer };
}
const turn = () => new Promise((resolve) => setImmediate(resolve));

test('what is asked for together is one query, and each gets its own', async () => {
  const { asked, find, answer } = openStore();
  const found = Promise.all([find('a'), find('b'), find('a'), find('none')]);
  await turn();
  expect(asked).toEqual([['a', 'b', 'none']]);
  answer(0, { a: '1', b: '2' });
  expect(await found).toEqual(['1', '2', '1', undefined]);
});

test('a look-up never gets an answer to a query that was on its way before it', async () => {
  const { asked, find, answer } = openStore();
  const before = find('a');
  await turn();
  const after = find('a');
  await turn();
  expect(asked).toEqual([['a'], ['a']]);
  answer(0, { a: 'old' });
  answer(1, { a: 'new' });
  expect(await Promise.all([before, after])).toEqual(['old', 'new']);
});

test('with two on their way the others wait, and go together', async () => {
  const { asked, find, answer } = openStore();
  const found = [find('a')];
  await turn();
  found.push(find('b'));
  await turn();
  found.push(find('c'), find('d'));
  await turn();
  expect(asked).toEqual([['a'], ['b']]);
  answer(1, { b: '2' });
  await found[1];
  await turn();
  expect(asked[2]).toEqual(['c', 'd']);
  answer(0, { a: '1' });
  answer(2, { c: '3', d: '4' });
  expect(await Promise.all(found)).toEqual(['1', '2', '3', '4']);
});

test('a query that fails, fails for those who wait for it, and the next is asked all the same', async () => {
  const { find, answers, answer } = openStore();
  const failing = [find('a'), find('b')];
  await turn();
  answers[0]?.reject(new Error('away'));
  for (const one of await Promise.allSettled(failing)) expect(one.status).toBe('rejected');
  const next = find('a');
  await turn();
  answer(1, { a: '1' });
  expect(await next).toBe('1');
});
