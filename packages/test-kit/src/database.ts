import { createHash, randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { migrate } from '@roomkey/database';
import { createDatabase, dropDatabase } from '@roomkey/embedded-postgres';
import { Client } from 'pg';
import { inject } from 'vitest';
import './global-setup.ts';

export interface TestDatabaseOptions {
  /** Folder of migrations to run, once a test run: later databases are copies of the first. */
  readonly migrations?: URL;
}

export interface TestDatabase extends AsyncDisposable {
  /** The URL of the role that owns the database, and that is no superuser. */
  readonly url: string;
}

/** Owns the templates and, since a copy keeps the owners of what is in it, every copy. */
const ROLE = 'test_owner';
const TEMPLATE_LOCK = 7_425_362;

/** A database of the test's own on the PostgreSQL of this test run. Disposing drops it, sessions or not. */
export async function createTestDatabase({ migrations }: TestDatabaseOptions = {}): Promise<TestDatabase> {
  const superuserUrl = await superuserUrlOfRun();
  const template =
    migrations === undefined ? {} : { template: await prepareTemplate(superuserUrl, migrations) };
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  const url = await createDatabase(superuserUrl, { name, role: ROLE, ...template });
  return { url, [Symbol.asyncDispose]: () => dropDatabase(superuserUrl, name) };
}

/** Starts the PostgreSQL of this test run if nobody has yet. */
async function superuserUrlOfRun(): Promise<string> {
  const response = await fetch(inject('postgresBroker'));
  const text = await response.text();
  if (!response.ok) throw new Error(`the PostgreSQL of this test run did not start: ${text}`);
  return text;
}

async function prepareTemplate(superuserUrl: string, migrations: URL): Promise<string> {
  const name = `template_${await digestOf(migrations)}`;
  const client = new Client({ connectionString: superuserUrl });
  await client.connect();
  try {
    // Held until the connection ends: test files that want the same template wait for the first to have made it.
    await client.query('select pg_advisory_lock($1)', [TEMPLATE_LOCK]);
    const ready = await client.query('select from pg_database where datname = $1 and datistemplate', [name]);
    if (ready.rowCount === 0) {
      await dropDatabase(superuserUrl, name);
      await migrate({ url: await createDatabase(superuserUrl, { name, role: ROLE }), folder: migrations });
      await client.query(`alter database ${name} is_template true`);
    }
  } finally {
    await client.end();
  }
  return name;
}

async function digestOf(folder: URL): Promise<string> {
  const path = fileURLToPath(folder);
  const hash = createHash('sha256').update(path);
  for (const file of (await readdir(path)).sort()) {
    hash.update(`\0${file}\0`).update(await readFile(`${path}/${file}`));
  }
  return hash.digest('hex').slice(0, 32);
}
