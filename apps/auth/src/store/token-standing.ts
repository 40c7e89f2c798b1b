import { sql, type Kysely } from 'kysely';
import type { TokenStandingStore } from '../domain/token-inspection.ts';
import type { Schema } from './schema.ts';

/** One statement: everything a token rests on. A user's token rests on a session; a client's own on the client. */
export function createTokenStandingStore(db: Kysely<Schema>): TokenStandingStore {
  return {
    async isLive({ tokenIds, sessionId, subject, clientIds, issuedAt }, now) {
      const { rows } = await sql<{ live: boolean }>`
        select
          not exists (select from revoked_tokens where token_id = any(${[...tokenIds]}))
          and (${sessionId}::uuid is null or exists (
            select from sessions join users on users.id = sessions.user_id
            where sessions.id = ${sessionId}::uuid and sessions.user_id::text = ${subject}
              and sessions.ended_at is null and sessions.expires_at > ${now} and users.disabled_at is null))
          and (select count(*) from clients
            where id = any(${[...clientIds]}) and disabled_at is null
              and (tokens_revoked_at is null or tokens_revoked_at < ${issuedAt})) = ${clientIds.length}
          as live`.execute(db);
      return rows[0]?.live === true;
    },
  };
}
