import { sql, type Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  // No reference to users: it begins when the user's row goes.
  await sql`
    create table erasures (
      id uuid primary key,
      receipt_hash bytea not null,
      subject text not null,
      requested_at timestamptz not null
    )`.execute(db);
  await sql`create index erasures_by_age on erasures (requested_at)`.execute(db);

  // What has to be told to whom, written in the transaction that makes it true. Its id is the event's, however often it is told.
  await sql`
    create table outbox (
      id uuid primary key,
      erasure_id uuid not null references erasures on delete cascade,
      audience text not null,
      deliver_at timestamptz not null,
      settled_at timestamptz,
      counts jsonb,
      unique (erasure_id, audience),
      check ((settled_at is null) = (counts is null))
    )`.execute(db);
  await sql`create index outbox_due on outbox (audience, deliver_at) where settled_at is null`.execute(db);
}
