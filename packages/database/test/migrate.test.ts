import { execFile } from 'node:child_process';
import { execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { migrate, openDatabase } from '../src/index.ts';
import { scratchServer } from './scratch-server.ts';

const server = await scratchServer();
const folder = new URL('migrations', import.meta.url);
const command = fileURLToPath(new URL('../src/migrate-command.ts', import.meta.url));

const runCommand = (args: string[], env: Record<string, string>) =>
  promisify(execFile)(execPath, [command, ...args], { env });

async function tablesOf(url: string): Promise<string[]> {
  await using database = openDatabase({ url, applicationName: 'test', onError: () => {} });
  const { rows } = await sql<{ name: string }>`
    select table_name as name from information_schema.tables where table_schema = 'public' order by 1
  `.execute(database.db);
  return rows.map(({ name }) => name).filter((name) => !name.startsWith('kysely_'));
}

test('a fresh database gets every migration in order, a migrated one none', async () => {
  const url = await server.createDatabase('fresh');
  expect(await migrate({ url, folder })).toEqual(['0001-guests', '0002-rooms']);
  expect(await migrate({ url, folder: fileURLToPath(folder) })).toEqual([]);
  expect(await tablesOf(url)).toEqual(['guest']);
});

test('processes that migrate at once share the work: each migration runs once', async () => {
  const url = await server.createDatabase('shared');
  const outputs = await Promise.all(
    [1, 2, 3].map(() => runCommand([fileURLToPath(folder)], { DATABASE_URL: url })),
  );
  expect(outputs.map(({ stdout }) => stdout).sort()).toEqual([
    'migrated 0001-guests\nmigrated 0002-rooms\n',
    'nothing to migrate\n',
    'nothing to migrate\n',
  ]);
});

test('a failed migration is named and leaves nothing behind, not even those before it', async () => {
  const url = await server.createDatabase('broken');
  const broken = new URL('broken-migrations', import.meta.url);
  await expect(migrate({ url, folder: broken })).rejects.toThrow(
    'migration 0002-not-fine failed: relation "nowhere" does not exist',
  );
  expect(await tablesOf(url)).toEqual([]);
});

test('a file without a migration in it is refused rather than passed over', async () => {
  const url = await server.createDatabase('stray');
  const stray = new URL('stray-migrations', import.meta.url);
  await expect(migrate({ url, folder: stray })).rejects.toThrow('0001-exports-nothing.ts is no migration');
});

test('the command says what is missing, and fails without the password in its output', async () => {
  await expect(runCommand([], {})).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringContaining('usage'),
  });
  const DATABASE_URL = 'postgres://someone:sesame@127.0.0.1:1/none';
  const failure: unknown = await runCommand([fileURLToPath(folder)], { DATABASE_URL }).catch(
    (error: unknown) => error,
  );
  expect(failure).toMatchObject({ code: 1, stderr: expect.stringContaining('ECONNREFUSED') });
  expect(failure).toMatchObject({ stderr: expect.not.stringContaining('sesame') });
});
