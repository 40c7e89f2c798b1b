import { openDatabase } from '@roomkey/database';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { openData } from './open-data.ts';

const NOTES = '/data/collections/notes/documents';
const headers = { 'idempotency-key': '"one"' };

test('a repetition gets the first answer again and makes nothing', async () => {
  await using data = await openData();
  const { mia } = data;
  const first = await mia('POST', NOTES, { headers, body: { n: 1 } });
  const second = await mia('POST', NOTES, { headers: { 'idempotency-key': 'one' }, body: { n: 1 } });
  expect([second.status, second.text]).toEqual([201, first.text]);
  for (const name of ['location', 'etag']) expect(second.headers[name]).toBe(first.headers[name]);
  const shown = (await mia('GET', NOTES)).json.items;
  expect(shown).toEqual([{ ...first.json, document: { n: 1 } }]);
});

test('the answer stays the first one when the document has changed or gone since', async () => {
  await using data = await openData();
  const { mia } = data;
  const first = await mia('POST', NOTES, { headers, body: { n: 1 } });
  const location = String(first.headers['location']);
  await mia('PUT', location, { headers: { 'if-match': '"1"' }, body: { n: 2 } });
  expect((await mia('POST', NOTES, { headers, body: { n: 1 } })).text).toBe(first.text);
  await mia('DELETE', location, { headers: { 'if-match': '"2"' } });
  expect((await mia('POST', NOTES, { headers, body: { n: 1 } })).text).toBe(first.text);
  expect((await mia('GET', NOTES)).json.items).toEqual([]);
});

test('a key with another body is a 422', async () => {
  await using data = await openData();
  await data.mia('POST', NOTES, { headers, body: { n: 1 } });
  const other = await data.mia('POST', NOTES, { headers, body: { n: 2 } });
  expect([other.status, other.json.type]).toEqual([422, 'urn:roomkey:problem:unprocessable-content']);
  expect((await data.mia('GET', NOTES)).json.items).toHaveLength(1);
});

test('keys are apart by user and by collection', async () => {
  await using data = await openData();
  const { mia, ben } = data;
  const answers = [
    await mia('POST', NOTES, { headers, body: { n: 1 } }),
    await ben('POST', NOTES, { headers, body: { n: 2 } }),
    await mia('POST', '/data/collections/other/documents', { headers, body: { n: 3 } }),
  ];
  expect(answers.map(({ status }) => status)).toEqual([201, 201, 201]);
  expect(new Set(answers.map(({ json }) => json.id)).size).toBe(3);
});

test('a create that was refused leaves its key free', async () => {
  await using data = await openData({ documentsPerUser: 1 });
  const { mia } = data;
  const location = String((await mia('POST', NOTES, { body: {} })).headers['location']);
  expect((await mia('POST', NOTES, { headers, body: { n: 1 } })).status).toBe(403);
  await mia('DELETE', location, { headers: { 'if-match': '"1"' } });
  expect((await mia('POST', NOTES, { headers, body: { n: 2 } })).status).toBe(201);
});

test('60 requests with one key through two replicas make one document', async () => {
  await using data = await openData();
  await using second = await data.openReplica();
  const senders = [data.mia, second.as('mia')] as const;
  /** A replica whose connections all wait for the first one says 503; a client comes again. */
  const untilAnswered = async (send: (typeof senders)[number]) => {
    for (;;) {
      const answer = await send('POST', NOTES, { headers, body: { n: 1 } });
      if (answer.status !== 503) return answer;
    }
  };
  const answers = await Promise.all(Array.from({ length: 30 }, () => senders.map(untilAnswered)).flat());
  expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
  expect(answers[0]?.status).toBe(201);
  expect((await data.mia('GET', NOTES)).json.items).toHaveLength(1);
});

test('a day later a key is free again, and old keys are cleared away', async () => {
  await using data = await openData();
  await using other = openDatabase<object>({ url: data.url, applicationName: 'clock', onError: () => {} });
  const age = (hours: number) =>
    sql`update idempotency_keys set created_at = now() - make_interval(hours => ${hours})`.execute(other.db);
  const create = (key: string, n: number) =>
    data.mia('POST', NOTES, { headers: { 'idempotency-key': key }, body: { n } });

  await create('one', 1);
  await create('two', 1);
  await age(23);
  expect((await create('one', 2)).status).toBe(422);
  await age(24);
  expect((await create('one', 2)).status).toBe(201);
  await age(26);
  await create('three', 1);
  const { rows } = await sql<{ key: string }>`select key from idempotency_keys`.execute(other.db);
  expect(rows).toEqual([{ key: 'three' }]);
});

test('creates that are repeated until answered happen once each, though connections are cut', async () => {
  await using data = await openData();
  await using second = await data.openReplica();
  await using other = openDatabase<object>({ url: data.url, applicationName: 'cutter', onError: () => {} });
  const senders = [data.mia, second.as('mia')] as const;

  /** Repeats through one replica and the other, as a client does that got no answer. */
  async function createUntilAnswered(n: number, attempt = 0): Promise<string> {
    const answer = await senders[attempt % 2 === 0 ? 0 : 1]('POST', NOTES, {
      headers: { 'idempotency-key': `key-${n}` },
      body: { n },
    });
    if (answer.status === 201) return answer.json.id;
    expect(answer.status).toBe(503);
    return createUntilAnswered(n, attempt + 1);
  }
  async function cut(times: number): Promise<void> {
    await sql`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and application_name = 'data'`.execute(other.db);
    if (times > 1) await cut(times - 1);
  }

  const [ids] = await Promise.all([
    Promise.all(Array.from({ length: 50 }, (_, n) => createUntilAnswered(n))),
    cut(20),
  ]);
  const { items } = (await data.mia('GET', `${NOTES}?limit=100`)).json;
  expect(items.map(({ id }: { id: string }) => id)).toEqual([...ids].sort());
});

test.each(['', '""', '"a', 'a b', '"a\\"b"', 'a, b', '"a"; p=1', `"${'x'.repeat(129)}"`])(
  'the key %j is refused',
  async (key) => {
    await using data = await openData();
    const answer = await data.mia('POST', NOTES, { headers: { 'idempotency-key': key }, body: {} });
    expect([answer.status, answer.json.type]).toEqual([400, 'urn:roomkey:problem:bad-request']);
  },
);
