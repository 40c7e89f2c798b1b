import { sql, type Kysely } from 'kysely';
import type { StatusReference } from '../domain/access-token.ts';
import type {
  IssuedToken,
  NewSession,
  Rotation,
  SessionStore,
  ShownRefreshToken,
} from '../domain/sessions.ts';
import type { Schema } from './schema.ts';

export function createSessionStore(db: Kysely<Schema>): SessionStore {
  return {
    begin: (session) => begin(db, session),
    findByRefreshToken: (hash) => findByRefreshToken(db, hash),
    rotate: (rotation) => rotate(db, rotation),
  };
}

async function begin(db: Kysely<Schema>, session: NewSession): Promise<void> {
  const { origin } = session;
  await sql`
    with session as (
      insert into sessions (id, user_id, client_id, scopes, resources, address, address_prefix, user_agent,
        created_at, last_used_at, expires_at, refresh_hash, refresh_expires_at)
      values (${session.id}, ${session.userId}, ${session.clientId}, ${[...session.scopes]}, ${[...session.resources]},
        ${origin.address}, ${origin.addressPrefix}, ${origin.userAgent},
        ${session.createdAt}, ${session.lastUsedAt}, ${session.expiresAt}, ${session.refreshHash}, ${session.refreshExpiresAt})
      returning id
    )
    ${insertToken(sql`session`, session.refreshHash, session.createdAt, session.accessToken)}`.execute(db);
}

/**
 * One statement. The session's row is locked by the first who comes; the others wait for it, find another hash in it, and
 * change nothing. Ending a session takes the same lock, so nothing is issued behind its back.
 */
async function rotate(db: Kysely<Schema>, rotation: Rotation): Promise<boolean> {
  const { numAffectedRows } = await sql`
    with session as (
      update sessions set
        refresh_hash = ${rotation.successorHash}, refresh_expires_at = ${rotation.refreshExpiresAt},
        previous_hash = refresh_hash, successor_nonce = ${rotation.successorNonce},
        rotated_at = ${rotation.now}, last_used_at = ${rotation.now}
      where id = ${rotation.sessionId} and refresh_hash = ${rotation.presentedHash} and ended_at is null
      returning id
    )
    ${insertToken(sql`session`, rotation.successorHash, rotation.now, rotation.accessToken)}`.execute(db);
  return numAffectedRows === 1n;
}

function insertToken(
  session: ReturnType<typeof sql>,
  hash: Buffer,
  now: Date,
  { id, issuedAt, expiresAt, status }: IssuedToken,
) {
  return sql`
    insert into refresh_tokens (hash, session_id, issued_at,
      access_token_id, access_token_issued_at, access_token_expires_at, access_token_status)
    select ${hash}::bytea, id, ${now}::timestamptz,
      ${id}, ${issuedAt}::timestamptz, ${expiresAt}::timestamptz, ${status && JSON.stringify(status)}::jsonb
    from ${session}`;
}

async function findByRefreshToken(db: Kysely<Schema>, hash: Buffer): Promise<ShownRefreshToken | undefined> {
  const row = await db
    .selectFrom('refresh_tokens as shown')
    .innerJoin('sessions as session', 'session.id', 'shown.session_id')
    .innerJoin('users as user', 'user.id', 'session.user_id')
    .innerJoin('refresh_tokens as current', 'current.hash', 'session.refresh_hash')
    .where('shown.hash', '=', hash)
    .selectAll('session')
    .select(['user.roles', 'user.disabled_at', ...CURRENT_ACCESS_TOKEN])
    .executeTakeFirst();
  return (
    row && {
      session: {
        id: row.id,
        userId: row.user_id,
        clientId: row.client_id,
        scopes: row.scopes,
        resources: row.resources,
        origin: { address: row.address, addressPrefix: row.address_prefix, userAgent: row.user_agent },
        createdAt: row.created_at,
        lastUsedAt: row.last_used_at,
        expiresAt: row.expires_at,
        endedAt: row.ended_at,
      },
      user: { id: row.user_id, roles: row.roles, disabledAt: row.disabled_at },
      place: hash.equals(row.refresh_hash)
        ? 'current'
        : row.previous_hash && hash.equals(row.previous_hash)
          ? 'previous'
          : 'older',
      refreshExpiresAt: row.refresh_expires_at,
      rotatedAt: row.rotated_at,
      successorNonce: row.successor_nonce,
      currentAccessToken: issuedTokenOf(row),
    }
  );
}

const CURRENT_ACCESS_TOKEN = [
  'current.access_token_id',
  'current.access_token_issued_at',
  'current.access_token_expires_at',
  'current.access_token_status',
] as const;

interface AccessTokenColumns {
  readonly access_token_id: string;
  readonly access_token_issued_at: Date;
  readonly access_token_expires_at: Date;
  readonly access_token_status: StatusReference | null;
}

export function issuedTokenOf(row: AccessTokenColumns): IssuedToken {
  return {
    id: row.access_token_id,
    issuedAt: row.access_token_issued_at,
    expiresAt: row.access_token_expires_at,
    status: row.access_token_status,
  };
}
