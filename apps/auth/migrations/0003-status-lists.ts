import { sql, type Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  // A list covers a window of issuance and is forgotten when the last token of that window has expired.
  await sql`
    create table status_lists (
      id text primary key,
      size integer not null,
      stride integer not null,
      opens_at timestamptz not null,
      closes_at timestamptz not null,
      expires_at timestamptz not null,
      next_block integer not null default 0
    )`.execute(db);

  // The sequence follows the order of commits, for writers hold a lock: whoever has seen n has seen all before n.
  await sql`
    create table revoked_statuses (
      list_id text not null references status_lists on delete cascade,
      index integer not null,
      sequence bigint generated always as identity,
      primary key (list_id, index)
    )`.execute(db);
  await sql`create unique index revoked_statuses_in_order on revoked_statuses (sequence)`.execute(db);

  // The tokens a client has for itself share one status per window.
  await sql`
    create table client_statuses (
      client_id text not null,
      list_id text not null references status_lists on delete cascade,
      index integer not null,
      primary key (client_id, list_id)
    )`.execute(db);
}
