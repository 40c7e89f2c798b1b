import { sql, type Generated } from 'kysely';
import { expect, test, vi } from 'vitest';
import {
  isDatabaseUnavailable,
  isUniqueViolation,
  migrate,
  openDatabase,
  type DatabaseOptions,
} from '../src/index.ts';
import { scratchServer } from './scratch-server.ts';
import { stallingProxy } from './stalling-proxy.ts';

interface Schema {
  guest: { id: Generated<number>; name: string; room: number | null };
}

const server = await scratchServer();
const url = await server.createDatabase('hotel');
await migrate({ url, folder: new URL('migrations', import.meta.url) });

function open(options: Partial<DatabaseOptions> = {}) {
  return openDatabase<Schema>({ url, applicationName: 'test', onError: () => {}, ...options });
}

/** What a query failed with; a query that succeeds fails the test. */
async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => expect.unreachable('it succeeded'),
    (error: unknown) => error,
  );
}

test('queries are typed and run, under the name of the application', async () => {
  await using database = open({ applicationName: 'reception' });
  const row = await database.db
    .insertInto('guest')
    .values({ name: 'Ada' })
    .returning(['name', 'room'])
    .executeTakeFirstOrThrow();
  expect(row).toEqual({ name: 'Ada', room: null });
  const { rows } = await sql`select current_setting('application_name') as name`.execute(database.db);
  expect(rows).toEqual([{ name: 'reception' }]);
  await expect(database.ping()).resolves.toBeUndefined();
});

test('a second row with the same key is told apart from other faults, by its constraint', async () => {
  await using database = open();
  const insert = () => database.db.insertInto('guest').values({ name: 'Grace' }).execute();
  await insert();
  const error = await failureOf(insert());
  expect(isUniqueViolation(error)).toBe(true);
  expect(isUniqueViolation(error, 'guest_name_key')).toBe(true);
  expect(isUniqueViolation(error, 'guest_pkey')).toBe(false);
  expect(isDatabaseUnavailable(error)).toBe(false);
  const mistake = await failureOf(sql`select nonsense`.execute(database.db));
  expect(isUniqueViolation(mistake)).toBe(false);
  expect(isDatabaseUnavailable(mistake)).toBe(false);
});

test('a statement that takes too long is cancelled by the server', async () => {
  await using database = open({ statementTimeoutMs: 100 });
  const error = await failureOf(sql`select pg_sleep(30)`.execute(database.db));
  expect(error).toMatchObject({ code: '57014' });
  expect(isDatabaseUnavailable(error)).toBe(true);
});

test('a pool with all connections in use makes others wait for a bounded time', async () => {
  await using database = open({ maxConnections: 1, connectTimeoutMs: 100 });
  await database.db.connection().execute(async () => {
    expect(isDatabaseUnavailable(await failureOf(database.ping()))).toBe(true);
  });
  await database.ping();
});

test('a port where nobody listens is a database that is away', async () => {
  await using database = open({ url: 'postgres://nobody:nothing@127.0.0.1:1/none' });
  expect(isDatabaseUnavailable(await failureOf(database.ping()))).toBe(true);
  expect(isDatabaseUnavailable(await failureOf(database.db.selectFrom('guest').selectAll().execute()))).toBe(
    true,
  );
});

test('a wrong password is a fault of the set-up, not a database that is away', async () => {
  const wrong = new URL(url);
  wrong.password = 'wrong';
  await using database = open({ url: wrong.href });
  expect(isDatabaseUnavailable(await failureOf(database.ping()))).toBe(false);
});

test('a server with no connection left is a database that is away', async () => {
  await using greedy = open({ maxConnections: 40 });
  const results = await Promise.allSettled(
    Array.from({ length: 40 }, () => sql`select pg_sleep(0.3)`.execute(greedy.db)),
  );
  const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
  expect(failures.length).toBeGreaterThan(0);
  expect(failures.filter((error) => !isDatabaseUnavailable(error))).toEqual([]);
});

test('a connection cut while idle is reported, and the next query opens another', async () => {
  const onError = vi.fn<(error: Error) => void>();
  await using database = open({ applicationName: 'idle', onError });
  await database.ping();
  await cut('idle');
  await vi.waitUntil(() => onError.mock.calls.length > 0);
  expect(isDatabaseUnavailable(onError.mock.calls[0]?.[0])).toBe(true);
  await database.ping();
});

test('a connection cut between two statements of a transaction fails the transaction and nothing else', async () => {
  await using database = open({ applicationName: 'busy' });
  const ended = new Promise((resolve) => {
    database.pool.once('connect', (client) => client.once('end', resolve));
  });
  const transaction = database.db.transaction().execute(async (trx) => {
    await sql`select 1`.execute(trx);
    await cut('busy');
    await ended;
    await sql`select 1`.execute(trx);
  });
  expect(isDatabaseUnavailable(await failureOf(transaction))).toBe(true);
  await database.ping();
});

test('a server that falls silent costs bounded time, and its connections are not used again (security 151)', async () => {
  await using proxy = await stallingProxy(url);
  await using database = open({
    url: proxy.url,
    connectTimeoutMs: 500,
    statementTimeoutMs: 500,
    maxConnections: 2,
  });
  const ask = () => database.db.selectFrom('guest').select('id').execute();
  await Promise.all([ask(), ask()]);

  proxy.stall();
  const since = performance.now();
  const failures = await Promise.all([ask(), ask(), ask()].map(failureOf));
  const transaction = await failureOf(
    database.db.transaction().execute((trx) => trx.selectFrom('guest').execute()),
  );
  expect([...failures, transaction].filter((error) => !isDatabaseUnavailable(error))).toEqual([]);
  expect(performance.now() - since).toBeLessThan(6_000);

  proxy.recover();
  await Promise.all([ask(), ask()]);
});

test('a closed database refuses queries, and closing twice is fine', async () => {
  const database = open();
  await database.ping();
  await Promise.all([database.close(), database.close()]);
  expect(isDatabaseUnavailable(await failureOf(database.db.selectFrom('guest').execute()))).toBe(true);
});

/** Ends the sessions of an application, as an administrator or a failover would. */
async function cut(applicationName: string): Promise<void> {
  await using admin = open({ url: server.superuserUrl });
  await sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = ${applicationName}`.execute(
    admin.db,
  );
}
