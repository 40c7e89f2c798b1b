import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { createTestDatabase, createTestIssuer } from '@roomkey/test-kit';
import { openDatabase } from '@roomkey/database';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { asUser, openReplica, type Send } from './open-data.ts';

const NOTES = '/data/collections/notes/documents';
const DOCUMENT = `${NOTES}/00000000-0000-7000-8000-000000000000`;
const desk = createTestIssuer({ audience: 'http://test/data' });

async function expectUnavailable(send: Send): Promise<void> {
  const startedAt = performance.now();
  const headers = { 'if-match': '"1"' };
  const answers = await Promise.all([
    send('GET', NOTES),
    send('GET', DOCUMENT),
    send('POST', NOTES, { body: {} }),
    send('PUT', DOCUMENT, { headers, body: {} }),
    send('PATCH', DOCUMENT, { headers, body: {} }),
    send('DELETE', DOCUMENT, { headers }),
  ]);
  expect(performance.now() - startedAt).toBeLessThan(10_000);
  for (const { status, headers: answered, json } of answers) {
    expect(status).toBe(503);
    expect(answered['retry-after']).toBe('1');
    expect(json.detail).toBe('A part this service needs is away; try again.');
  }
}

test('a database that refuses connections is a 503 with Retry-After (security 151)', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');

  await using replica = await openReplica(`postgres://a:b@127.0.0.1:${port}/data`, desk);
  await expectUnavailable(asUser(replica.app, desk, { sub: 'mia' }));
  const ready = await replica.app.inject('/readyz');
  expect([ready.statusCode, ready.json()]).toEqual([503, { status: 'not ready', missing: ['database'] }]);
  expect((await replica.app.inject('/healthz')).statusCode).toBe(200);
});

test('a database that says nothing is a 503 in bounded time (security 151)', async () => {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => sockets.add(socket.on('error', () => {}))).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  await using replica = await openReplica(`postgres://a:b@127.0.0.1:${port}/data`, desk);
  await expectUnavailable(asUser(replica.app, desk, { sub: 'mia' }));
  for (const socket of sockets) socket.destroy();
  server.close();
});

test('a replica whose connections are all cut goes on with new ones', async () => {
  await using database = await createTestDatabase({ migrations: new URL('../migrations', import.meta.url) });
  await using replica = await openReplica(database.url, desk);
  await using other = openDatabase<object>({
    url: database.url,
    applicationName: 'cutter',
    onError: () => {},
  });
  const send = asUser(replica.app, desk, { sub: 'mia' });
  await Promise.all(Array.from({ length: 8 }, (_, n) => send('POST', NOTES, { body: { n } })));

  await sql`select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and application_name = 'data'`.execute(other.db);
  const answers = await Promise.all(Array.from({ length: 20 }, () => send('GET', NOTES)));
  for (const { status } of answers) expect([200, 503]).toContain(status);
  const list = await send('GET', NOTES);
  expect(list.json.items).toHaveLength(8);
});
