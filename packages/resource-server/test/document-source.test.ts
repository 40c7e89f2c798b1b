import { expect, test } from 'vitest';
import { createDocumentSource } from '../src/document-source.ts';
import { BAD_ANSWERS } from './bad-answers.ts';
import { openDesk, type Answer } from './desk.ts';

const PATH = '/document';

async function openSource(answer: Answer, { timeoutMs = 10_000, maxBytes = 1_000 } = {}) {
  const desk = await openDesk();
  desk.answers.set(PATH, answer);
  const source = createDocumentSource({
    url: `${desk.origin}${PATH}`,
    accept: 'text/plain',
    timeoutMs,
    maxBytes,
    signal: new AbortController().signal,
  });
  return { desk, source, [Symbol.asyncDispose]: () => desk[Symbol.asyncDispose]() };
}

const named = (name: string): Answer => {
  const bad = BAD_ANSWERS.find((one) => one.name === name);
  if (bad === undefined) throw new Error(`there is no answer named ${name}`);
  return bad.answer;
};

test.each(['an endless body', 'a gzip bomb', 'a gzip bomb in a gzip'])(
  '%s is read no further than it may be long (security 40)',
  async (name) => {
    await using opened = await openSource(named(name));
    await expect(opened.source.look()).rejects.toThrow('is larger than 1000 bytes');
  },
);

test.each(['nothing, ever', 'headers and then nothing', 'a slow drip'])(
  '%s is waited for no longer than is said (security 40)',
  async (name) => {
    await using opened = await openSource(named(name), { timeoutMs: 50 });
    await expect(opened.source.look()).rejects.toThrow(/timeout/);
  },
);

test('a body of just the length is taken, one byte more is not', async () => {
  let length = 1_000;
  await using opened = await openSource((response) => response.end('x'.repeat(length)));
  expect((await opened.source.look())?.length).toBe(1_000);
  length += 1;
  await expect(opened.source.look()).rejects.toThrow('is larger than');
});

test('only what was kept can be unchanged', async () => {
  const conditions: unknown[] = [];
  await using opened = await openSource((response, request) => {
    const condition = request.headers['if-none-match'];
    conditions.push(condition);
    response.writeHead(condition === undefined ? 200 : 304, { etag: '"1"' }).end();
  });
  const { source } = opened;
  await source.look();
  // The document was not to the liking of whoever looked, so it is not the last good one.
  expect(await source.look()).toBeDefined();
  source.keep();
  expect(await source.look()).toBeUndefined();
  source.forget();
  expect(await source.look()).toBeDefined();
  expect(conditions).toEqual([undefined, undefined, '"1"', undefined]);
});

test('what comes without a tag is asked for whole the next time', async () => {
  const conditions: unknown[] = [];
  let tag: string | undefined = '"1"';
  await using opened = await openSource((response, request) => {
    conditions.push(request.headers['if-none-match']);
    response.writeHead(200, tag === undefined ? {} : { etag: tag }).end('x');
  });
  for (const next of [undefined, undefined]) {
    await opened.source.look();
    opened.source.keep();
    tag = next;
  }
  await opened.source.look();
  expect(conditions).toEqual([undefined, '"1"', undefined]);
});
