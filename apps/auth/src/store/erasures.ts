import { randomUUID } from 'node:crypto';
import { sql, type Kysely } from 'kysely';
import type { ErasureStore } from '../domain/erasures.ts';
import { inTransaction } from './in-transaction.ts';
import { OUTBOX_CHANNEL } from './outbox.ts';
import type { Schema } from './schema.ts';

export function createErasureStore(db: Kysely<Schema>): ErasureStore {
  return {
    add: ({ id, receiptHash, subject, requestedAt, own, audiences }) =>
      inTransaction(db, async (transaction) => {
        await transaction
          .insertInto('erasures')
          .values({ id, receipt_hash: receiptHash, subject, requested_at: requestedAt })
          .execute();
        const row = { erasure_id: id, deliver_at: requestedAt };
        const counts = JSON.stringify(own.counts);
        await transaction
          .insertInto('outbox')
          .values([
            { ...row, id: randomUUID(), audience: own.resource, settled_at: requestedAt, counts },
            ...audiences.map((audience) => ({
              ...row,
              id: randomUUID(),
              audience,
              settled_at: null,
              counts: null,
            })),
          ])
          .execute();
        await sql`select pg_notify(${OUTBOX_CHANNEL}, '')`.execute(transaction);
      }),

    async find(id) {
      const rows = await db
        .selectFrom('erasures')
        .innerJoin('outbox', 'outbox.erasure_id', 'erasures.id')
        .select(['receipt_hash', 'requested_at', 'audience', 'settled_at', 'counts'])
        .where('erasures.id', '=', id)
        .orderBy('audience')
        .execute();
      const [first] = rows;
      if (first === undefined) return undefined;
      const services = rows.map(({ audience, settled_at, counts }) => ({
        resource: audience,
        erasedAt: settled_at,
        counts,
      }));
      return {
        receiptHash: first.receipt_hash,
        report: { id, requestedAt: first.requested_at, services },
      };
    },
  };
}
