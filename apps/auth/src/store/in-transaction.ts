import type { Kysely, Transaction } from 'kysely';
import type { Schema } from './schema.ts';

/** Runs the work in the transaction that is under way, or in one of its own. */
export function inTransaction<Result>(
  db: Kysely<Schema>,
  work: (transaction: Transaction<Schema>) => Promise<Result>,
): Promise<Result> {
  return db.isTransaction ? work(db as Transaction<Schema>) : db.transaction().execute(work);
}
