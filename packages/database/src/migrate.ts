import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Kysely, PostgresDialect } from 'kysely';
import { FileMigrationProvider, Migrator } from 'kysely/migration';
import { Pool } from 'pg';

export interface MigrationOptions {
  /** URL of the role that owns the tables. */
  readonly url: string;
  /** Folder of `0001-what-it-does.ts` files, each with `up`; they run in the order of their names. */
  readonly folder: string | URL;
}

const CONNECT_TIMEOUT_MS = 10_000;

/**
 * Brings a database to the state the folder describes, all or nothing, in one transaction. Safe to call from many
 * processes at once: one works under an advisory lock, the others wait and then find nothing to do.
 *
 * @returns the names of the migrations that ran now
 * @throws the fault of a failed migration; when the folder has a file that is none; when it lacks one that ran before
 */
export async function migrate({ url, folder }: MigrationOptions): Promise<string[]> {
  // No statement timeout: building an index may take its time, and so may waiting for another process.
  const pool = new Pool({
    connectionString: url,
    application_name: 'migrate',
    max: 1,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  });
  pool.on('error', () => {});
  // Unheard, a server that goes while a migration runs would end this process; the statement fails with it anyway.
  pool.on('connect', (client) => client.on('error', () => {}));
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
  try {
    const migrator = new Migrator({ db, provider: filesIn(folder) });
    const { error, results = [] } = await migrator.migrateToLatest();
    if (error !== undefined)
      throw describe(error, results.find(({ status }) => status === 'Error')?.migrationName);
    return results.map(({ migrationName }) => migrationName);
  } finally {
    await db.destroy();
  }
}

function filesIn(folder: string | URL): FileMigrationProvider {
  return new FileMigrationProvider({
    fs: { readdir },
    path: { join },
    migrationFolder: folder instanceof URL ? fileURLToPath(folder) : resolve(folder),
    import: (file) => import(pathToFileURL(file).href),
    onFileIgnored: (file) => {
      throw new Error(`${file} is no migration: it must be a TypeScript file that exports up`);
    },
  });
}

function describe(cause: unknown, migration: string | undefined): Error {
  const what = migration === undefined ? 'migrations did not run' : `migration ${migration} failed`;
  return new Error(`${what}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
}
