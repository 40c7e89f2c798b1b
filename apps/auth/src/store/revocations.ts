import type { Expression, ExpressionBuilder, Kysely, SqlBool, Transaction } from 'kysely';
import { lineage } from '../domain/access-token.ts';
import type { Cause, Revocation } from '../domain/revocation.ts';
import { statusBitOf, type StatusBit } from '../domain/status-lists.ts';
import { createAuditLog } from './audit.ts';
import { inTransaction } from './in-transaction.ts';
import type { Schema } from './schema.ts';
import { lockRevocations, revokeStatuses } from './status-lists.ts';

type Which = (session: ExpressionBuilder<Schema, 'sessions'>) => Expression<SqlBool>;

export function createRevocation(db: Kysely<Schema>): Revocation {
  return {
    revokeSession: (sessionId, cause, now) =>
      revoking(db, async (transaction) => {
        const ended = await endSessions(transaction, (session) => session('id', '=', sessionId), cause, now);
        return ended > 0;
      }),

    revokeUser: (userId, cause, now, keepSessionId) =>
      revoking(db, (transaction) =>
        endSessions(
          transaction,
          (session) =>
            keepSessionId === undefined
              ? session('user_id', '=', userId)
              : session.and([session('user_id', '=', userId), session('id', '!=', keepSessionId)]),
          cause,
          now,
        ),
      ),

    revokeClient: (clientId, cause, now) =>
      revoking(db, async (transaction) => {
        // Its next tokens get another bit.
        const bits = await transaction
          .deleteFrom('client_statuses')
          .where('client_id', '=', clientId)
          .returning(['list_id', 'index'])
          .execute();
        await revokeStatuses(
          transaction,
          bits.map((bit) => ({ listId: bit.list_id, index: bit.index })),
        );
        await endSessions(transaction, (session) => session('client_id', '=', clientId), cause, now);
        await record(transaction, 'client.revoke', 'client', [clientId], cause, now);
      }),

    revokeToken: ({ id, expiresAt, status }, cause, now) =>
      revoking(db, async (transaction) => {
        await transaction
          .insertInto('revoked_tokens')
          .values({ token_id: id, expires_at: expiresAt })
          .onConflict((conflict) => conflict.doNothing())
          .execute();
        // What was derived from a token shares its bit: that one is set when the first of them is revoked, and not before.
        if (status !== null && lineage(id).length === 1) await revokeBit(transaction, statusBitOf(status));
        await record(transaction, 'token.revoke', 'token', [id], cause, now);
      }),
  };
}

function revoking<Result>(
  db: Kysely<Schema>,
  work: (transaction: Transaction<Schema>) => Promise<Result>,
): Promise<Result> {
  return inTransaction(db, async (transaction) => {
    await lockRevocations(transaction);
    return work(transaction);
  });
}

/** A client's own tokens share a bit: its next ones get another. */
async function revokeBit(transaction: Transaction<Schema>, bit: StatusBit): Promise<void> {
  await transaction
    .deleteFrom('client_statuses')
    .where('list_id', '=', bit.listId)
    .where('index', '=', bit.index)
    .execute();
  await revokeStatuses(transaction, [bit]);
}

/** So many at a time that a statement stays within its parameters. */
const BATCH = 1_000;

/** Ends the sessions that live, and in the same breath the access tokens that were given in them. */
async function endSessions(
  transaction: Transaction<Schema>,
  which: Which,
  cause: Cause,
  now: Date,
): Promise<number> {
  const ended = await transaction
    .updateTable('sessions')
    .set({ ended_at: now, ended_reason: cause.reason, successor_nonce: null })
    .where('ended_at', 'is', null)
    .where(which)
    .returning('id')
    .execute();
  for (let start = 0; start < ended.length; start += BATCH) {
    const ids = ended.slice(start, start + BATCH).map((session) => session.id);
    const live = await transaction
      .selectFrom('refresh_tokens')
      .select('access_token_status')
      .where('session_id', 'in', ids)
      .where('access_token_expires_at', '>', now)
      .execute();
    const statuses = live.flatMap((token) => token.access_token_status ?? []);
    for (let first = 0; first < statuses.length; first += BATCH)
      await revokeStatuses(transaction, statuses.slice(first, first + BATCH).map(statusBitOf));
    await record(transaction, 'session.end', 'session', ids, cause, now);
  }
  return ended.length;
}

async function record(
  transaction: Transaction<Schema>,
  action: string,
  targetKind: 'session' | 'client' | 'token',
  targets: readonly string[],
  { actor, reason }: Cause,
  at: Date,
): Promise<void> {
  await createAuditLog(transaction).record(
    targets.map((target) => ({ at, actor, action, targetKind, target, details: { reason } })),
  );
}
