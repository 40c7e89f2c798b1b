import { sql, type Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table users (
      id uuid primary key,
      name text not null,
      name_key text not null unique,
      password_hash text not null,
      roles text[] not null,
      created_at timestamptz not null,
      disabled_at timestamptz
    )`.execute(db);

  await sql`
    create table clients (
      id text primary key,
      kind text not null check (kind in ('public', 'confidential')),
      grants text[] not null,
      scopes text[] not null,
      resources text[] not null,
      signing_algorithm text,
      jwks jsonb,
      jwks_uri text,
      exchange jsonb,
      declared boolean not null,
      created_at timestamptz not null,
      disabled_at timestamptz,
      check ((kind = 'public') = (jwks is null and jwks_uri is null)),
      check (jwks is null or jwks_uri is null)
    )`.execute(db);

  // The one refresh token that lives is a column of its session: two live ones cannot be stored.
  await sql`
    create table sessions (
      id uuid primary key,
      user_id uuid not null references users on delete cascade,
      client_id text not null,
      scopes text[] not null,
      resources text[] not null,
      address text not null,
      address_prefix text not null,
      user_agent text,
      created_at timestamptz not null,
      last_used_at timestamptz not null,
      expires_at timestamptz not null,
      refresh_hash bytea not null,
      refresh_expires_at timestamptz not null,
      previous_hash bytea,
      successor_nonce bytea,
      rotated_at timestamptz,
      ended_at timestamptz,
      ended_reason text
    )`.execute(db);
  await sql`create index sessions_of_user on sessions (user_id, created_at)`.execute(db);
  await sql`create index sessions_of_client on sessions (client_id) where ended_at is null`.execute(db);
  await sql`create index sessions_by_end on sessions (expires_at)`.execute(db);

  // Every refresh token ever given, with the access token that was given beside it.
  await sql`
    create table refresh_tokens (
      hash bytea primary key,
      session_id uuid not null references sessions on delete cascade,
      issued_at timestamptz not null,
      access_token_id text not null,
      access_token_issued_at timestamptz not null,
      access_token_expires_at timestamptz not null,
      access_token_status jsonb
    )`.execute(db);
  await sql`create index refresh_tokens_of_session on refresh_tokens (session_id, access_token_expires_at)`.execute(
    db,
  );

  await sql`
    create table signing_keys (
      kid text primary key,
      algorithm text not null,
      public_jwk jsonb not null,
      sealed_private_key bytea not null,
      published_at timestamptz not null,
      activates_at timestamptz not null,
      revoked_at timestamptz
    )`.execute(db);
}
