import { sql, type Kysely } from 'kysely';
import type { TokenStandingStore } from '../domain/token-inspection.ts';
import type { Schema } from './schema.ts';

/** One statement: everything a token rests on. A user's token rests on a session; a client's own on the client. */
export function createTokenStandingStore(db: Kysely<Schema>): TokenStandingStore {
  return {
    async isLive({ tokenIds, sessionId, subject, clientIds, statuses }, now) {
      const { rows } = await sql<{ live: boolean }>`
        select
          not exists (select from revoked_tokens where token_id = any(${[...tokenIds]}))
          and (${sessionId}::uuid is null or exists (
            select from sessions join users on users.id = sessions.user_id
            where sessions.id = ${sessionId}::uuid and sessions.user_id::text = ${subject}
              and sessions.ended_at is null and sessions.expires_at > ${now} and users.disabled_at is null))
          and not exists (
            select from revoked_statuses as revoked
            join unnest(${statuses.map((bit) => bit.listId)}::text[], ${statuses.map((bit) => bit.index)}::integer[])
              as held (list_id, index) on held.list_id = revoked.list_id and held.index = revoked.index)
          and (select count(*) from clients where id = any(${[...clientIds]}) and disabled_at is null) = ${clientIds.length}
          as live`.execute(db);
      return rows[0]?.live === true;
    },
  };
}
