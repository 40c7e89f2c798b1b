import { eraseSubject, type Counts, type EraseStep } from '@roomkey/event-receiver';
import { sql, type Kysely } from 'kysely';
import type { ErasedRows } from '../domain/eraser.ts';
import type { Tables } from './tables.ts';

const BATCH = 500;

/** The erasure of an owner's rows in PostgreSQL. */
export function createPostgresErasedRows(db: Kysely<Tables>): ErasedRows<Counts> {
  return {
    endAll: (owner) => eraseSubject(db, owner, [images, usage]),

    async leftovers({ issuer, subject }) {
      const rows = await db
        .selectFrom('removals')
        .select('image_id')
        .where('issuer', '=', issuer)
        .where('subject', '=', subject)
        .limit(BATCH)
        .execute();
      return rows.map((row) => row.image_id);
    },

    async forget(ids) {
      await db
        .deleteFrom('removals')
        .where('image_id', 'in', [...ids])
        .execute();
    },
  };
}

const images: EraseStep<Tables> = async (transaction, { issuer, subject }) => {
  const { rows } = await sql`
    with gone as (
      delete from images where id = any(array(
        select id from images where issuer = ${issuer} and subject = ${subject} limit ${BATCH} for update
      )) returning id, issuer, subject
    )
    insert into removals (image_id, issuer, subject) select id, issuer, subject from gone returning 1`.execute(
    transaction,
  );
  return { images: rows.length };
};

const usage: EraseStep<Tables> = async (transaction, { issuer, subject }) => {
  const { numDeletedRows } = await transaction
    .deleteFrom('usage')
    .where('issuer', '=', issuer)
    .where('subject', '=', subject)
    .executeTakeFirst();
  return { quotas: Number(numDeletedRows) };
};
