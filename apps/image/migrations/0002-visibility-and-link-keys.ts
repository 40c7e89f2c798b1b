import { sql, type Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table images add column visibility text not null default 'private'
      check (visibility in ('private', 'public'))`.execute(db);

  // Keys that sign links for a day: a copy of this table is worth nothing soon.
  await sql`
    create table link_keys (
      id text primary key,
      secret bytea not null,
      created_at timestamptz not null default now()
    )`.execute(db);
}
