import { openDatabase } from '@roomkey/database';
import { expect, test } from 'vitest';
import { createTestDatabase } from '../src/index.ts';

interface Row {
  [column: string]: unknown;
}

const migrations = new URL('migrations', import.meta.url);

async function query(url: string, text: string): Promise<Row[]> {
  await using database = openDatabase({ url, applicationName: 'test', onError: () => {} });
  return (await database.pool.query<Row>(text)).rows;
}

test('two test databases have the migrated tables and know nothing of each other', async () => {
  const [one, other] = await Promise.all([
    createTestDatabase({ migrations }),
    createTestDatabase({ migrations }),
  ]);
  await using _one = one;
  await using _other = other;
  await query(one.url, `insert into note values ('mine')`);
  expect(await query(one.url, 'select text from note')).toEqual([{ text: 'mine' }]);
  expect(await query(other.url, 'select text from note')).toEqual([]);
});

test('the role of a test database owns its tables and is no superuser', async () => {
  await using database = await createTestDatabase({ migrations });
  await query(database.url, 'alter table note add column more integer');
  expect(await query(database.url, `select current_setting('is_superuser') as superuser`)).toEqual([
    { superuser: 'off' },
  ]);
});

test('a test database without migrations is empty', async () => {
  await using database = await createTestDatabase();
  expect(
    await query(database.url, `select from information_schema.tables where table_schema = 'public'`),
  ).toEqual([]);
});

test('disposing drops the database even while a session is open', async () => {
  const created = await createTestDatabase();
  await using database = openDatabase({ url: created.url, applicationName: 'test', onError: () => {} });
  await database.ping();
  await created[Symbol.asyncDispose]();
  await expect(query(created.url, 'select 1')).rejects.toMatchObject({ code: '3D000' });
});
