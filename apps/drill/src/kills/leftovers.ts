import { readdir, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { Surroundings } from '@roomkey/experiment';
import { Client as Postgres } from 'pg';

type System = Surroundings['system'];

const SERVICES = ['auth', 'image', 'profile', 'data'] as const;
/** What says that somebody was erased, or who did so. */
const MEMORIES = ['erased_subjects', 'erasures', 'audit_log', 'outbox'];
/** Older than what an upload may still need. */
const LONG_AGO_SECONDS = 2 * 60 * 60;

/** Rows of any table of any service in which one of these ids is found, in any column. */
export async function rowsNaming(system: System, ids: readonly string[]): Promise<string[]> {
  if (ids.length === 0) return [];
  const found = await Promise.all(
    SERVICES.map((service) =>
      withDatabase(system.databaseUrl(service), async (database) => {
        const { rows: tables } = await database.query<{ table_name: string }>(
          `select table_name from information_schema.tables
           where table_schema = 'public' and table_type = 'BASE TABLE' and table_name <> all($1)`,
          [MEMORIES],
        );
        const rows: string[] = [];
        for (const { table_name: table } of tables) {
          const { rows: hits } = await database.query<{ row: string }>(
            `select t::text as row from "${table}" t where t::text ~ $1`,
            [ids.join('|')],
          );
          rows.push(...hits.map(({ row }) => `${service}.${table} still has ${row.slice(0, 200)}`));
        }
        return rows;
      }),
    ),
  );
  return found.flat();
}

/** Files of the object store that belong to no image, and images without a file. */
export async function strayObjects(system: System): Promise<string[]> {
  const rows = await withDatabase(system.databaseUrl('image'), async (database) =>
    (await database.query<{ id: string }>('select id from images')).rows.map(({ id }) => id),
  );
  const images = new Set(rows);
  const files = await filesOf(system);
  const originals = new Set(
    files.filter((path) => path.startsWith('originals')).map((path) => path.split('/')[2] ?? ''),
  );
  return [
    ...files.filter((path) => !images.has(path.split('/')[2] ?? '')),
    ...rows.filter((id) => !originals.has(id)).map((id) => `image ${id} has no original`),
  ];
}

/** As if nobody had written for hours: what a sweep may take away, it takes. */
export async function ageObjects(system: System): Promise<void> {
  const longAgo = Date.now() / 1_000 - LONG_AGO_SECONDS;
  for (const path of await filesOf(system))
    // A sweep may be under way.
    await utimes(join(folderOf(system), path), longAgo, longAgo).catch(() => undefined);
}

const folderOf = (system: System): string => join(system.dataDir, 'images');

async function filesOf(system: System): Promise<string[]> {
  const folder = folderOf(system);
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1));
}

async function withDatabase<Result>(
  url: string,
  use: (database: Postgres) => Promise<Result>,
): Promise<Result> {
  const database = new Postgres(url);
  await database.connect();
  try {
    return await use(database);
  } finally {
    await database.end();
  }
}
