import type { Kysely, Transaction } from 'kysely';
import type { RevocationStore } from '../domain/revocation.ts';
import type { IssuedToken } from '../domain/sessions.ts';
import { statusBitOf } from '../domain/status-lists.ts';
import type { Schema } from './schema.ts';
import { issuedTokenOf } from './sessions.ts';
import { revokeStatuses } from './status-lists.ts';

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
        if (numUpdatedRows === 0n) return undefined;
        const live = await liveTokens(transaction, sessionId, now);
        await revokeStatuses(
          transaction,
          live.flatMap(({ status }) => (status ? [statusBitOf(status)] : [])),
        );
        return live;
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
