import type { Kysely, Transaction } from 'kysely';
import type { RevocationStore } from '../domain/revocation.ts';
import type { IssuedToken } from '../domain/sessions.ts';
import type { Schema } from './schema.ts';
import { issuedTokenOf } from './sessions.ts';

export function createRevocationStore(db: Kysely<Schema>): RevocationStore {
  return {
    endSession: (sessionId, reason, now) =>
      db.transaction().execute(async (transaction) => {
        const { numUpdatedRows } = await transaction
          .updateTable('sessions')
          .set({ ended_at: now, ended_reason: reason, successor_nonce: null })
          .where('id', '=', sessionId)
          .where('ended_at', 'is', null)
          .executeTakeFirst();
        return numUpdatedRows === 1n ? liveTokens(transaction, sessionId, now) : undefined;
      }),
  };
}

async function liveTokens(
  transaction: Transaction<Schema>,
  sessionId: string,
  now: Date,
): Promise<IssuedToken[]> {
  const rows = await transaction
    .selectFrom('refresh_tokens')
    .selectAll()
    .where('session_id', '=', sessionId)
    .where('access_token_expires_at', '>', now)
    .execute();
  return rows.map(issuedTokenOf);
}
