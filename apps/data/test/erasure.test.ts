import { randomUUID } from 'node:crypto';
import { openDatabase } from '@roomkey/database';
import type { Counts } from '@roomkey/event-receiver';
import { createSeeded, rowsHolding, type Send } from '@roomkey/test-kit';
import { expect, test } from 'vitest';
import { createEraser } from '../src/store/erasure.ts';
import type { DataSchema } from '../src/store/schema.ts';
import { openData } from './open-data.ts';

const NOTES = '/data/collections/notes/documents';

type Data = Awaited<ReturnType<typeof openData>>;

/** Erases as each replica does, with a connection pool of its own. */
async function erase({ url, desk }: Data, subject: string): Promise<Counts> {
  await using database = openDatabase<DataSchema>({ url, applicationName: 'data', onError: () => {} });
  return await createEraser(database.db)({ issuer: desk.issuer, subject });
}

async function create(as: Send, body: object = { kept: true }): Promise<string> {
  const { status, headers } = await as('POST', NOTES, {
    body,
    headers: { 'idempotency-key': `"${randomUUID()}"` },
  });
  expect(status).toBe(201);
  return String(headers['location']);
}

const share = (as: Send, location: string, subject: string) =>
  as('PUT', `${location}/shares/${subject}`, { body: { access: 'write' } });

test('all that a user has is erased, and the user from what others share; what others have stays', async () => {
  await using data = await openData();
  const { mia, ben } = data;
  const [one, two, three] = [await create(mia), await create(mia), await create(mia)];
  const bens = await create(ben);
  await share(mia, one, 'ben');
  await share(ben, bens, 'mia');
  await share(ben, bens, 'cleo');
  await mia('PUT', two, { body: { n: 2 }, headers: { 'if-match': '"1"' } });
  await mia('DELETE', three, { headers: { 'if-match': '"1"' } });
  const shared = `/data/shared/${one.split('/').at(-1)}`;
  expect((await ben('GET', shared)).status).toBe(200);

  const counts = {
    shares_given: 1,
    shares_received: 1,
    documents: 2,
    changes: 5,
    collections: 1,
    idempotency_keys: 3,
    quotas: 1,
  };
  expect(await erase(data, 'mia')).toEqual(counts);
  expect((await rowsHolding(data.url, 'mia')).map(({ table }) => table)).toEqual(['erased_subjects']);
  expect((await ben('GET', shared)).status).toBe(404);
  expect((await ben('GET', '/data/shared')).json.items).toEqual([]);
  expect((await ben('GET', bens)).status).toBe(200);
  expect(
    (await ben('GET', `${bens}/shares`)).json.items.map((item: { subject: string }) => item.subject),
  ).toEqual(['cleo']);

  // Again, it says the same.
  expect(await erase(data, 'mia')).toEqual(counts);
});

test('who is erased can add nothing any more, and is told why; nor can anybody share with them', async () => {
  await using data = await openData();
  const { mia, ben } = data;
  const bens = await create(ben);
  await erase(data, 'mia');
  const refused = await mia('POST', NOTES, { body: {} });
  expect([refused.status, refused.json.type]).toEqual([410, 'urn:roomkey:problem:gone']);
  expect((await share(ben, bens, 'mia')).status).toBe(410);
  expect((await mia('GET', NOTES)).json.items).toEqual([]);
  expect((await rowsHolding(data.url, 'mia')).map(({ table }) => table)).toEqual(['erased_subjects']);
});

test('more than one statement takes is erased in several', async () => {
  await using data = await openData({ documentsPerUser: 3_000, changesPerCollection: 3_000 });
  await using database = openDatabase<DataSchema>({
    url: data.url,
    applicationName: 'test',
    onError: () => {},
  });
  const rows = Array.from({ length: 2_500 }, (_, index) => ({
    issuer: data.desk.issuer,
    subject: 'mia',
    collection: 'notes',
    sequence: String(index + 1),
    kind: 'created' as const,
    document_id: randomUUID(),
    version: 1,
  }));
  await database.db.insertInto('changes').values(rows).execute();
  expect(await erase(data, 'mia')).toMatchObject({ changes: 2_500 });
  expect((await rowsHolding(data.url, 'mia')).map(({ table }) => table)).toEqual(['erased_subjects']);
});

test('of writes through two replicas that race with an erasure through both, nothing is left, and what was acknowledged is counted', async () => {
  const random = createSeeded();
  for (let round = 0; round < 4; round += 1) {
    await using data = await openData();
    await using second = await data.openReplica();
    const senders = [data.mia, second.as('mia')] as const;
    let created = 0;
    let removed = 0;

    /** Writes until it is refused. */
    const write = async (as: Send): Promise<void> => {
      for (;;) {
        const answer = await as('POST', NOTES, {
          body: { n: 1 },
          headers: { 'idempotency-key': `"${randomUUID()}"` },
        });
        expect([201, 410]).toContain(answer.status);
        if (answer.status === 410) return;
        created += 1;
        const location = String(answer.headers['location']);
        const shared = await share(as, location, 'ben');
        expect([200, 404, 410]).toContain(shared.status);
        const replaced = await as('PUT', location, { body: { n: 2 }, headers: { 'if-match': '"1"' } });
        expect([200, 404, 410]).toContain(replaced.status);
        if (!random.chance(0.3)) continue;
        const gone = await as('DELETE', location, { headers: { 'if-match': '"2"' } });
        expect([204, 404, 410, 412]).toContain(gone.status);
        if (gone.status === 204) removed += 1;
      }
    };
    const writers = Array.from({ length: 10 }, (_, turn) => write(senders[turn % 2 === 0 ? 0 : 1]));
    await expect.poll(() => created, { interval: 5 }).toBeGreaterThan(5 + random.int(35));
    const [one, other] = await Promise.all([erase(data, 'mia'), erase(data, 'mia')]);
    await Promise.all(writers);

    expect((await rowsHolding(data.url, 'mia')).map(({ table }) => table)).toEqual(['erased_subjects']);
    const last = await erase(data, 'mia');
    expect(last['documents'], `seed ${random.seed}`).toBe(created - removed);
    for (const counts of [one, other]) expect(counts).toEqual(last);
  }
});
