import { sql, type Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  // Collation C: keys are ASCII, and in its order an index finds those with a prefix.
  await sql`
    create table profiles (
      issuer text not null,
      subject text not null,
      handle text not null,
      handle_key text collate "C" not null,
      display_name text not null,
      bio text not null,
      links text[] not null,
      locale text,
      version integer not null default 1,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      primary key (issuer, subject),
      constraint profiles_handle unique (handle_key)
    )`.execute(db);
}
