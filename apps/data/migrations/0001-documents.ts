import { sql, type Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  // json, not jsonb: it keeps the text as it came, and a number like 1e300 does not grow to 301 digits.
  await sql`
    create table documents (
      id uuid primary key,
      issuer text not null,
      subject text not null,
      collection text not null,
      version integer not null default 1,
      content json not null check (json_typeof(content) = 'object'),
      bytes integer not null,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now()
    )`.execute(db);
  await sql`create index documents_of_owner on documents (issuer, subject, collection, id)`.execute(db);
  // How much each user keeps: counted in the statement that creates or removes, so that no parallel one gets past it.
  await sql`
    create table usage (
      issuer text not null,
      subject text not null,
      documents integer not null check (documents >= 0),
      primary key (issuer, subject)
    )`.execute(db);
}
