import { sql, type Kysely, type Selectable } from 'kysely';
import type { StatusReference } from '../domain/access-token.ts';
import type {
  IssuedToken,
  NewSession,
  Rotation,
  Session,
  SessionStore,
  ShownRefreshToken,
} from '../domain/sessions.ts';
import { inBatches } from './in-batches.ts';
import type { Schema, SessionRow } from './schema.ts';

export function createSessionStore(db: Kysely<Schema>): SessionStore {
  const rotateTogether = inBatches(async (rotations: readonly Rotation[]) =>
    rotations.length === 1 ? [false] : rotateAllFree(db, rotations),
  );
  return {
    begin: (session, verifiedPasswordHash, fills) => begin(db, session, verifiedPasswordHash, fills),
    findByRefreshToken: inBatches((hashes: readonly Buffer[]) => findByRefreshTokens(db, hashes)),
    rotate: async (rotation) => (await rotateTogether(rotation)) || rotate(db, rotation),

    async ofUser(userId, now) {
      const rows = await db
        .selectFrom('sessions')
        .selectAll()
        .where('user_id', '=', userId)
        .where('ended_at', 'is', null)
        .where('expires_at', '>', now)
        .where('refresh_expires_at', '>', now)
        .orderBy('last_used_at', 'desc')
        .execute();
      return rows.map(sessionOf);
    },
  };
}

/** One statement: the user's row is held while the session is made, so that ending all of a user's sessions misses none. */
async function begin(
  db: Kysely<Schema>,
  session: NewSession,
  verifiedPasswordHash: string,
  fills: string,
): Promise<boolean> {
  const { origin } = session;
  const { numAffectedRows } = await sql`
    with owner as (
      select id from users
      where id = ${session.userId} and password_hash = ${verifiedPasswordHash} and disabled_at is null
      for share
    ), session as (
      insert into sessions (id, user_id, client_id, scopes, resources, address, address_prefix, user_agent,
        created_at, last_used_at, expires_at, refresh_hash, refresh_expires_at)
      select ${session.id}::uuid, id, ${session.clientId}, ${[...session.scopes]}::text[], ${[...session.resources]}::text[],
        ${origin.address}, ${origin.addressPrefix}, ${origin.userAgent},
        ${session.createdAt}::timestamptz, ${session.lastUsedAt}::timestamptz, ${session.expiresAt}::timestamptz,
        ${session.refreshHash}::bytea, ${session.refreshExpiresAt}::timestamptz
      from owner
      returning id
    ), filled as (
      delete from rate_limits where key = ${fills} and exists (select from session)
    )
    ${insertToken(sql`session`, session.refreshHash, session.createdAt, session.accessToken)}`.execute(db);
  return numAffectedRows === 1n;
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

/**
 * The same for many sessions with one commit, but those whose row somebody else holds at this moment: it waits for nobody, so
 * that two replicas never wait for each other, and no session for another's end. Of equal ones, one is rotated.
 *
 * @returns false where a rotation has not happened: it is to be tried by itself
 */
async function rotateAllFree(db: Kysely<Schema>, rotations: readonly Rotation[]): Promise<boolean[]> {
  const column = <Value>(of: (rotation: Rotation) => Value): Value[] => rotations.map(of);
  const { rows } = await sql<{ hash: Buffer }>`
    with rotation as (
      select * from unnest(
        ${column((one) => one.sessionId)}::uuid[], ${column((one) => one.presentedHash)}::bytea[],
        ${column((one) => one.successorHash)}::bytea[], ${column((one) => one.successorNonce)}::bytea[],
        ${column((one) => one.refreshExpiresAt)}::timestamptz[], ${column((one) => one.now)}::timestamptz[],
        ${column((one) => one.accessToken.id)}::text[], ${column((one) => one.accessToken.issuedAt)}::timestamptz[],
        ${column((one) => one.accessToken.expiresAt)}::timestamptz[],
        ${column(({ accessToken: { status } }) => status && JSON.stringify(status))}::jsonb[])
        as asked (session_id, presented_hash, successor_hash, successor_nonce, refresh_expires_at, now,
          token_id, issued_at, expires_at, status)
    ), free as (
      select sessions.id from sessions join rotation on sessions.id = rotation.session_id
      where sessions.refresh_hash = rotation.presented_hash and sessions.ended_at is null
      for no key update of sessions skip locked
    ), rotated as (
      update sessions set
        refresh_hash = rotation.successor_hash, refresh_expires_at = rotation.refresh_expires_at,
        previous_hash = sessions.refresh_hash, successor_nonce = rotation.successor_nonce,
        rotated_at = rotation.now, last_used_at = rotation.now
      from rotation
      where sessions.id = rotation.session_id and sessions.refresh_hash = rotation.presented_hash
        and sessions.ended_at is null and sessions.id in (select id from free)
      returning rotation.successor_hash
    )
    insert into refresh_tokens (hash, session_id, issued_at,
      access_token_id, access_token_issued_at, access_token_expires_at, access_token_status)
    select successor_hash, session_id, now, token_id, issued_at, expires_at, status
    from rotation join rotated using (successor_hash)
    returning hash`.execute(db);
  const rotated = new Set(rows.map(({ hash }) => hash.toString('latin1')));
  return rotations.map(({ successorHash }) => rotated.has(successorHash.toString('latin1')));
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

async function findByRefreshTokens(
  db: Kysely<Schema>,
  hashes: readonly Buffer[],
): Promise<(ShownRefreshToken | undefined)[]> {
  const rows = await db
    .selectFrom('refresh_tokens as shown')
    .innerJoin('sessions as session', 'session.id', 'shown.session_id')
    .innerJoin('users as user', 'user.id', 'session.user_id')
    .innerJoin('refresh_tokens as current', 'current.hash', 'session.refresh_hash')
    .where('shown.hash', '=', sql<Buffer>`any(${[...hashes]}::bytea[])`)
    .selectAll('session')
    .select(['shown.hash', 'user.roles', 'user.disabled_at', ...CURRENT_ACCESS_TOKEN])
    .execute();
  const shown = new Map(rows.map((row) => [row.hash.toString('latin1'), shownOf(row)]));
  return hashes.map((hash) => shown.get(hash.toString('latin1')));
}

interface ShownRow extends Selectable<SessionRow>, AccessTokenColumns {
  readonly hash: Buffer;
  readonly roles: string[];
  readonly disabled_at: Date | null;
}

function shownOf(row: ShownRow): ShownRefreshToken {
  return {
    session: sessionOf(row),
    user: { id: row.user_id, roles: row.roles, disabledAt: row.disabled_at },
    place: row.hash.equals(row.refresh_hash)
      ? 'current'
      : row.previous_hash && row.hash.equals(row.previous_hash)
        ? 'previous'
        : 'older',
    refreshExpiresAt: row.refresh_expires_at,
    rotatedAt: row.rotated_at,
    successorNonce: row.successor_nonce,
    currentAccessToken: issuedTokenOf(row),
  };
}

function sessionOf(row: Selectable<SessionRow>): Session {
  return {
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
  };
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

function issuedTokenOf(row: AccessTokenColumns): IssuedToken {
  return {
    id: row.access_token_id,
    issuedAt: row.access_token_issued_at,
    expiresAt: row.access_token_expires_at,
    status: row.access_token_status,
  };
}
