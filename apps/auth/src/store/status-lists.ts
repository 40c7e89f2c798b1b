import { sql, type Kysely, type Selectable, type Transaction } from 'kysely';
import type { StatusBit, StatusList, StatusListStore } from '../domain/status-lists.ts';
import type { Schema, StatusListRow } from './schema.ts';

/** Told of every change: the payload is the id of the list that changed, or empty when lists came or went. */
export const STATUS_LISTS_CHANNEL = 'status_lists';
/** Advisory lock of this database: whoever revokes holds it, so that the sequence follows the order of commits. */
const REVOCATION_LOCK = 0x73_74_61_74;

export function createStatusListStore(db: Kysely<Schema>): StatusListStore {
  return {
    async live(now) {
      const rows = await db
        .selectFrom('status_lists')
        .selectAll()
        .where('expires_at', '>', now)
        .orderBy('id')
        .execute();
      return rows.map(listOf);
    },

    async add(lists) {
      const rows = lists.map((list) => ({
        id: list.id,
        size: list.size,
        stride: list.stride,
        opens_at: list.opensAt,
        closes_at: list.closesAt,
        expires_at: list.expiresAt,
      }));
      const { numInsertedOrUpdatedRows = 0n } = await db
        .insertInto('status_lists')
        .values(rows)
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirst();
      if (numInsertedOrUpdatedRows > 0n) await notify(db, '');
    },

    async forgetExpired(now) {
      const { numDeletedRows } = await db
        .deleteFrom('status_lists')
        .where('expires_at', '<=', now)
        .executeTakeFirst();
      if (numDeletedRows > 0n) await notify(db, '');
    },

    async reserveBlock(list, blockSize) {
      const row = await db
        .updateTable('status_lists')
        .set((columns) => ({ next_block: columns('next_block', '+', 1) }))
        .where('id', '=', list.id)
        .where('next_block', '<', list.size / blockSize)
        .returning('next_block')
        .executeTakeFirst();
      return row && row.next_block - 1;
    },

    async clientBit(clientId, offered) {
      // The client's row is held meanwhile: who disables it either finds the bit, or is found.
      const row = await db
        .with('client', (step) =>
          step
            .selectFrom('clients')
            .select('id')
            .where('id', '=', clientId)
            .where('disabled_at', 'is', null)
            .forShare(),
        )
        .insertInto('client_statuses')
        .columns(['client_id', 'list_id', 'index'])
        .expression((from) =>
          from
            .selectFrom('client')
            .select((client) => [
              'client.id as client_id',
              client.val(offered.listId).as('list_id'),
              client.cast<number>(client.val(offered.index), 'integer').as('index'),
            ]),
        )
        .onConflict((conflict) =>
          conflict
            .columns(['client_id', 'list_id'])
            .doUpdateSet((columns) => ({ client_id: columns.ref('excluded.client_id') })),
        )
        .returning(['list_id', 'index'])
        .executeTakeFirst();
      return row && { listId: row.list_id, index: row.index };
    },

    async revokedSince(sequence) {
      const rows = await db
        .selectFrom('revoked_statuses')
        .selectAll()
        .where('sequence', '>', String(sequence))
        .orderBy('sequence')
        .execute();
      return rows.map((row) => ({ listId: row.list_id, index: row.index, sequence: BigInt(row.sequence) }));
    },
  };
}

/**
 * Lets one revoke at a time, until the commit. Taken before anything else, so that none waits for another in a ring; and the
 * sequence of what is revoked follows the order of commits.
 */
export async function lockRevocations(transaction: Transaction<Schema>): Promise<void> {
  await sql`select pg_advisory_xact_lock(${REVOCATION_LOCK})`.execute(transaction);
}

/**
 * Sets bits, under the lock of revocations, as part of what revokes: the end of a session and the end of its tokens are one commit. Bits of lists that are
 * gone are left out; their tokens have expired.
 */
export async function revokeStatuses(
  transaction: Transaction<Schema>,
  bits: readonly StatusBit[],
): Promise<void> {
  if (bits.length === 0) return;
  const listIds = [...new Set(bits.map((bit) => bit.listId))];
  const known = await transaction
    .selectFrom('status_lists')
    .select('id')
    .where('id', 'in', listIds)
    .forKeyShare()
    .execute();
  const live = new Set(known.map((list) => list.id));
  const rows = bits
    .filter((bit) => live.has(bit.listId))
    .map((bit) => ({ list_id: bit.listId, index: bit.index }));
  if (rows.length === 0) return;
  await transaction
    .insertInto('revoked_statuses')
    .values(rows)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  for (const id of live) await notify(transaction, id);
}

async function notify(db: Kysely<Schema>, payload: string): Promise<void> {
  await sql`select pg_notify(${STATUS_LISTS_CHANNEL}, ${payload})`.execute(db);
}

function listOf(row: Selectable<StatusListRow>): StatusList {
  return {
    id: row.id,
    size: row.size,
    stride: row.stride,
    opensAt: row.opens_at,
    closesAt: row.closes_at,
    expiresAt: row.expires_at,
  };
}
