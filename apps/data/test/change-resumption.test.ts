import { openDatabase } from '@roomkey/database';
import { createSeeded, createTestDatabase, createTestIssuer, type Send } from '@roomkey/test-kit';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { follow, listenOn } from './follow.ts';
import { openReplica } from './open-data.ts';

const NOTES = '/data/collections/notes/documents';
const CHANGES = '/data/collections/notes/changes';
const WRITERS = 12;
const WRITES = 12;
const FOLLOWERS = 3;

test('whoever resumes loses no change and sees none twice, whatever is cut in between', async () => {
  const random = createSeeded();
  await using database = await createTestDatabase({ migrations: new URL('../migrations', import.meta.url) });
  await using cutter = openDatabase<object>({
    url: database.url,
    applicationName: 'cutter',
    onError: () => {},
  });
  const desk = createTestIssuer({ audience: 'http://test/data' });
  await using first = await openReplica(database.url, desk);
  await using second = await openReplica(database.url, desk);
  const senders = [first.as('mia'), second.as('mia')];
  const origins = [await listenOn(first.app), await listenOn(second.app)];
  const token = desk.token({ sub: 'mia', scope: 'data:read data:write' });
  const acknowledged = new Set<string>();
  /** What nobody should see: answers and faults of a kind that cutting connections does not explain. */
  const surprises: string[] = [];
  const note = (isExpected: boolean, what: string) => isExpected || surprises.push(what);

  /** One write through any replica; what was not acknowledged may have happened or not. */
  async function write(documents: string[], send: Send): Promise<void> {
    const at = random.int(documents.length + 1);
    const document = documents[at];
    if (document === undefined) {
      const { status, headers, json } = await send('POST', NOTES, { body: {} });
      note([201, 503].includes(status), `POST: ${status}`);
      if (status !== 201) return;
      acknowledged.add(`created ${json.id} "1"`);
      documents.push(String(headers['location']));
      return;
    }
    const read = await send('GET', document);
    note([200, 404, 503].includes(read.status), `GET: ${read.status}`);
    if (read.status !== 200) return;
    const etag = String(read.headers['etag']);
    const method = random.pick(['PUT', 'PATCH', 'PUT', 'PATCH', 'DELETE'] as const);
    const body = method === 'DELETE' ? {} : { body: { n: random.int(100) } };
    const { status, json } = await send(method, document, { headers: { 'if-match': etag }, ...body });
    note([200, 204, 404, 412, 503].includes(status), `${method}: ${status}`);
    if (status >= 300) return;
    if (method === 'DELETE') acknowledged.add(`removed ${document.slice(-36)} ${etag}`);
    else acknowledged.add(`${method === 'PUT' ? 'replaced' : 'patched'} ${json.id} ${json.etag}`);
  }

  async function writeAll(): Promise<void> {
    const documents: string[] = [];
    const writer = async (): Promise<void> => {
      for (let n = 0; n < WRITES; n += 1) {
        await write(documents, random.pick(senders));
        if (random.chance(0.03)) {
          await sql`select pg_terminate_backend(pid) from pg_stat_activity
            where datname = current_database() and application_name like 'data%'`.execute(cutter.db);
        }
      }
    };
    await Promise.all(Array.from({ length: WRITERS }, writer));
  }

  const seen = Array.from({ length: FOLLOWERS }, () => [] as { id: number; text: string }[]);
  /** How many changes a follower waits for: known when the writers are done, the one that wakes everybody included. */
  const wanted = { changes: Infinity };
  let connections = 0;
  /** Follows with breaks, now here and now there, each time after the last event it has. */
  async function followOn(events: { id: number; text: string }[]): Promise<void> {
    while (events.length < wanted.changes) {
      connections += 1;
      const patience = 1 + random.int(12);
      let heard = 0;
      try {
        const url = `${random.pick(origins)}${CHANGES}?after=0`;
        const last = events.at(-1);
        for await (const { event, id, data } of follow(
          url,
          token,
          last && { 'last-event-id': String(last.id) },
        )) {
          if (event === 'open') continue;
          events.push({ id, text: `${event} ${data.id} ${data.etag}` });
          heard += 1;
          if (heard >= patience || events.length >= wanted.changes) break;
        }
      } catch (error) {
        // Cut connections: to the database (503, or the stream breaks), or by this client.
        note(/terminated|answered 503|fetch failed/.test(String(error)), String(error));
      }
    }
  }
  const following = seen.map(followOn);
  await writeAll();
  const feeds = await sql<{ last: string }>`select last from feeds`.execute(cutter.db);
  wanted.changes = Number(feeds.rows[0]?.last) + 1;
  // One more, so that whoever has all of them is woken.
  await expect.poll(async () => (await senders[0]?.('POST', NOTES, { body: {} }))?.status).toBe(201);
  await Promise.all(following);

  const { rows } = await sql<{ id: number; text: string }>`
    select sequence::integer as id, kind || ' ' || document_id || ' "' || version || '"' as text
    from changes order by sequence`.execute(cutter.db);
  expect(
    rows.map(({ id }) => id),
    `ROOMKEY_SEED=${random.seed}`,
  ).toEqual(rows.map((_, index) => index + 1));
  for (const events of seen) expect(events, `ROOMKEY_SEED=${random.seed}`).toEqual(rows);
  expect(surprises, `ROOMKEY_SEED=${random.seed}`).toEqual([]);
  const recorded = new Set(rows.map(({ text }) => text));
  expect(
    [...acknowledged].filter((text) => !recorded.has(text)),
    `ROOMKEY_SEED=${random.seed}`,
  ).toEqual([]);
  expect(acknowledged.size, `ROOMKEY_SEED=${random.seed}`).toBeGreaterThan(30);
  expect(connections, `ROOMKEY_SEED=${random.seed}`).toBeGreaterThan(FOLLOWERS * 2);
});
