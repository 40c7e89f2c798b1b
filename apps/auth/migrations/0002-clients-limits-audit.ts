import { sql, type Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  // The resources a client itself is: tokens for them it may introspect and exchange.
  await sql`alter table clients add column own_resources text[] not null default '{}'`.execute(db);
  await sql`update clients set exchange = '[]' where exchange is null`.execute(db);
  await sql`alter table clients alter column exchange set not null`.execute(db);

  // Client assertions that have been used (RFC 7523 §3): kept until they expire.
  await sql`
    create table used_assertions (
      client_id text not null,
      jti text not null,
      expires_at timestamptz not null,
      primary key (client_id, jti)
    )`.execute(db);
  await sql`create index used_assertions_by_end on used_assertions (expires_at)`.execute(db);

  // Access tokens that were revoked by themselves, not with their session or client: kept until they expire.
  await sql`
    create table revoked_tokens (
      token_id text primary key,
      expires_at timestamptz not null
    )`.execute(db);
  await sql`create index revoked_tokens_by_end on revoked_tokens (expires_at)`.execute(db);

  // One row a bucket: the moment at which it is full again (the generic cell rate algorithm).
  await sql`
    create unlogged table rate_limits (
      key text primary key,
      full_at timestamptz not null
    )`.execute(db);
  await sql`create index rate_limits_by_end on rate_limits (full_at)`.execute(db);

  await sql`
    create table audit_log (
      id bigint generated always as identity primary key,
      at timestamptz not null,
      actor text not null,
      action text not null,
      target_kind text not null,
      target text not null,
      details jsonb not null
    )`.execute(db);
  await sql`create index audit_log_of_target on audit_log (target, id)`.execute(db);
  await sql`create index audit_log_of_actor on audit_log (actor, id)`.execute(db);
}
