import { openDatabase } from '@roomkey/database';
import { createTestDatabase, type Send } from '@roomkey/test-kit';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import * as documents from '../migrations/0001-documents.ts';
import * as terms from '../migrations/0003-terms.ts';
import { termOfCondition } from '../src/domain/terms.ts';
import { openData } from './open-data.ts';

const NOTES = '/data/collections/notes/documents';

async function found(send: Send, ...conditions: [member: string, value: string][]): Promise<unknown[]> {
  const query = conditions.map(([member, value]) => `where.${enc(member)}=${enc(value)}`).join('&');
  const { status, json } = await send('GET', `${NOTES}?limit=100&${query}`);
  expect([status, json.next]).toEqual([200, undefined]);
  return json.items.map((item: { document: unknown }) => item.document);
}
const enc = encodeURIComponent;

test('documents from before filters are found after the migration', async () => {
  await using database = await createTestDatabase();
  await using old = openDatabase<unknown>({ url: database.url, applicationName: 'old', onError: () => {} });
  await documents.up(old.db);
  await sql`insert into documents (id, issuer, subject, collection, content, bytes)
    select uuidv7(), 'http://desk.test', 'mia', 'notes', json_build_object('n', n), 8 from generate_series(1, 250) as n`.execute(
    old.db,
  );
  await terms.up(old.db);
  const { rows } = await sql<{ content: unknown }>`
    select content from documents where terms @> ${[termOfCondition('n', '203')]}::bigint[]`.execute(old.db);
  expect(rows).toEqual([{ content: { n: 203 } }]);
});

test('a list is filtered by members: strings, numbers, booleans, null, several at once', async () => {
  await using data = await openData();
  const { mia, ben } = data;
  const a = { who: 'Mia', n: 1, done: true, at: null };
  const b = { who: 'Mia', n: 2.5, done: false, at: 'null' };
  const c = { who: 'mia', n: '1', tags: ['Mia'], deep: { who: 'Mia' } };
  for (const body of [a, b, c]) await mia('POST', NOTES, { body });
  await ben('POST', NOTES, { body: { who: 'Mia', secret: true } });

  expect(await found(mia, ['who', 'Mia'])).toEqual([a, b]);
  expect(await found(mia, ['n', '1.0'])).toEqual([a]);
  expect(await found(mia, ['n', '"1"'])).toEqual([c]);
  expect(await found(mia, ['n', '25e-1'], ['who', 'Mia'], ['done', 'false'])).toEqual([b]);
  expect(await found(mia, ['at', 'null'])).toEqual([a]);
  expect(await found(mia, ['at', '"null"'])).toEqual([b]);
  expect(await found(mia, ['missing', 'null'])).toEqual([]);
  expect(await found(mia, ['tags', '["Mia"]'])).toEqual([]);
  expect(await found(mia, ['secret', 'true'])).toEqual([]);
});

test('a filter follows replace, patch and delete', async () => {
  await using data = await openData();
  const { mia } = data;
  const location = String((await mia('POST', NOTES, { body: { n: 1, s: 'x' } })).headers['location']);
  await mia('PUT', location, { headers: { 'if-match': '"1"' }, body: { n: 2, s: 'x' } });
  expect([await found(mia, ['n', '1']), await found(mia, ['n', '2'])]).toEqual([[], [{ n: 2, s: 'x' }]]);
  await mia('PATCH', location, { headers: { 'if-match': '"2"' }, body: { n: null } });
  expect([await found(mia, ['n', '2']), await found(mia, ['s', 'x'])]).toEqual([[], [{ s: 'x' }]]);
  await mia('DELETE', location, { headers: { 'if-match': '"3"' } });
  expect(await found(mia, ['s', 'x'])).toEqual([]);
});

test('no stored document makes a filter fail, and odd names are found', async () => {
  await using data = await openData();
  const { mia } = data;
  const hostile = [
    '{"n":1e-20000}',
    `{"n":1e-${'9'.repeat(1_000)}}`,
    `{"n":0e${'9'.repeat(100_000)}}`,
    '{"n":"\\u0000","n":1}',
    '{"n":"\\ud800","n":1}',
    '{"x":"\\ud83d\\ude00","\\u0001":1,"a\'b\\"c":"\'; drop table documents; --"}',
    `{${Array.from({ length: 14_000 }, (_, n) => `"m${n}":${n}`).join(',')}}`,
    `{"n":"${'x'.repeat(250_000)}"}`,
    '{"":""}',
    `{"n":${'['.repeat(31)}${']'.repeat(31)}}`,
  ];
  const kept = [];
  for (const body of hostile) {
    const { status } = await mia('POST', NOTES, { body });
    expect([201, 400]).toContain(status);
    if (status === 201) kept.push(body);
  }
  expect(kept.length).toBeGreaterThan(6);

  expect(await found(mia, ['n', '1'])).toHaveLength(kept.filter((text) => text.includes(',"n":1')).length);
  expect(await found(mia, ['n', '10e-20001'])).toHaveLength(1);
  expect(await found(mia, ['x', '😀'], ['\u0001', '1'])).toHaveLength(1);
  expect(await found(mia, ['a\'b"c', "'; drop table documents; --"])).toHaveLength(1);
  expect(await found(mia, ['m13999', '13999'])).toHaveLength(1);
  for (const value of ['1e999', '\0', '"\\ud800"', '"\\u0000"', '9'.repeat(1_024), '{}', '$1', '%'])
    expect(await found(mia, ['n', value])).toEqual([]);
});

test('filtered pages go through what is found once', async () => {
  await using data = await openData();
  const { mia } = data;
  for (let n = 0; n < 9; n += 1) await mia('POST', NOTES, { body: { n, even: n % 2 === 0 } });
  const first = (await mia('GET', `${NOTES}?where.even=true&limit=2`)).json;
  const second = (await mia('GET', `${NOTES}?where.even=true&limit=2&cursor=${first.next}`)).json;
  const third = (await mia('GET', `${NOTES}?where.even=true&limit=2&cursor=${second.next}`)).json;
  const numbers = [first, second, third].map(({ items }) =>
    items.map(({ document }: { document: { n: number } }) => document.n),
  );
  expect([numbers, third.next]).toEqual([[[0, 2], [4, 6], [8]], undefined]);
});

test('a filter looks at 1,000 documents for a page: it may be empty, and the next goes on', async () => {
  await using data = await openData({ documentsPerUser: 2_000 });
  const { mia } = data;
  await using other = openDatabase<object>({ url: data.url, applicationName: 'filler', onError: () => {} });
  await mia('POST', NOTES, { body: { other: true } });
  await sql`insert into documents (id, issuer, subject, collection, content, bytes, terms)
    select uuidv7(), issuer, subject, collection, content, bytes, terms
    from documents, generate_series(1, 1100)`.execute(other.db);
  await mia('POST', NOTES, { body: { wanted: true } });

  const first = (await mia('GET', `${NOTES}?where.wanted=true`)).json;
  expect(first).toEqual({ items: [], next: expect.any(String) });
  const second = (await mia('GET', `${NOTES}?where.wanted=true&cursor=${first.next}`)).json;
  expect([second.items.length, second.next]).toEqual([1, undefined]);
});

test.each([
  'where.=1',
  'where=1',
  'where.a=1&where.a=2',
  'where.a=%22x',
  'where.a=1&where.b=1&where.c=1&where.d=1&where.e=1',
  `where.${'a'.repeat(257)}=1`,
  `where.a=${'a'.repeat(1_025)}`,
  'where[a]=1',
])('the filter %s is refused', async (query) => {
  await using data = await openData();
  const answer = await data.mia('GET', `${NOTES}?${query}`);
  expect([answer.status, answer.json.type]).toEqual([400, 'urn:roomkey:problem:invalid-request']);
});
