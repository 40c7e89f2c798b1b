import { sql, type Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  // No reference to documents: a key outlives its document, or a late repetition would make that document anew.
  await sql`
    create table idempotency_keys (
      issuer text not null,
      subject text not null,
      collection text not null,
      key text not null,
      fingerprint text not null,
      document_id uuid not null,
      created_at timestamptz not null default now(),
      primary key (issuer, subject, collection, key)
    )`.execute(db);
  await sql`create index idempotency_keys_by_age on idempotency_keys (created_at)`.execute(db);
}
