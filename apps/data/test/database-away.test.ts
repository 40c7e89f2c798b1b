import {
  closedPort,
  createTestDatabase,
  createTestIssuer,
  faultOfRefusal,
  openSilentServer,
  type Send,
} from '@roomkey/test-kit';
import { openDatabase } from '@roomkey/database';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { openReplica } from './open-data.ts';

const NOTES = '/data/collections/notes/documents';
const DOCUMENT = `${NOTES}/00000000-0000-7000-8000-000000000000`;
/** Waiting for a connection and for a statement at most: see openDatabase. */
const LIMIT_MS = 9_500;
const desk = createTestIssuer({ audience: 'http://test/data' });

/** The answers to every kind of request, and how long they took. */
async function tryEverything(send: Send) {
  const startedAt = performance.now();
  const headers = { 'if-match': '"1"' };
  const answers = await Promise.all([
    send('GET', NOTES),
    send('GET', DOCUMENT),
    send('POST', NOTES, { body: {} }),
    send('PUT', DOCUMENT, { headers, body: {} }),
    send('PATCH', DOCUMENT, { headers, body: {} }),
    send('DELETE', DOCUMENT, { headers }),
    send('POST', NOTES, { headers: { 'idempotency-key': 'one' }, body: {} }),
    send('GET', `${NOTES}?where.a=1`),
    send('PUT', `${DOCUMENT}/shares/ben`, { body: { access: 'read' } }),
    send('GET', '/data/shared'),
    send('GET', '/data/collections/notes/changes'),
  ]);
  return {
    ms: performance.now() - startedAt,
    answers: answers.map(({ status, headers: { 'retry-after': retryAfter } }) => ({ status, retryAfter })),
    faults: answers.map((answer) => faultOfRefusal(answer, [503])).filter((fault) => fault !== undefined),
  };
}

const ALL_UNAVAILABLE = Array.from({ length: 11 }, () => ({ status: 503, retryAfter: '1' }));

test('a database that refuses connections is a 503 with Retry-After (security 151)', async () => {
  await using replica = await openReplica(`postgres://a:b@127.0.0.1:${await closedPort()}/data`, desk);
  const { ms, answers, faults } = await tryEverything(replica.as('mia'));
  expect(answers).toEqual(ALL_UNAVAILABLE);
  expect(faults).toEqual([]);
  expect(ms).toBeLessThan(LIMIT_MS);
  const ready = await replica.app.inject('/readyz');
  expect([ready.statusCode, ready.json()]).toEqual([503, { status: 'not ready', missing: ['database'] }]);
  expect((await replica.app.inject('/healthz')).statusCode).toBe(200);
});

test('a database that says nothing is a 503 in bounded time (security 151)', async () => {
  await using server = await openSilentServer();
  await using replica = await openReplica(`postgres://a:b@127.0.0.1:${server.port}/data`, desk);
  const { ms, answers } = await tryEverything(replica.as('mia'));
  expect(answers).toEqual(ALL_UNAVAILABLE);
  expect(ms).toBeLessThan(LIMIT_MS);
});

test('a replica whose connections are all cut goes on with new ones', async () => {
  await using database = await createTestDatabase({ migrations: new URL('../migrations', import.meta.url) });
  await using replica = await openReplica(database.url, desk);
  await using other = openDatabase<object>({
    url: database.url,
    applicationName: 'cutter',
    onError: () => {},
  });
  const send = replica.as('mia');
  await Promise.all(Array.from({ length: 8 }, (_, n) => send('POST', NOTES, { body: { n } })));

  await sql`select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and application_name = 'data'`.execute(other.db);
  const answers = await Promise.all(Array.from({ length: 20 }, () => send('GET', NOTES)));
  for (const { status } of answers) expect([200, 503]).toContain(status);
  const list = await send('GET', NOTES);
  expect(list.json.items).toHaveLength(8);
});
