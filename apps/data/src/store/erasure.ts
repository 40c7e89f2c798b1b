import { eraseSubject, type Counts, type EraseStep, type Subject } from '@roomkey/event-receiver';
import { sql, type Kysely, type RawBuilder } from 'kysely';
import type { DataSchema } from './schema.ts';

type Step = EraseStep<DataSchema>;

/** Rows of one statement: a document has 256 KiB at most, and a statement five seconds. */
const BATCH = 1_000;

/** What erases all that a user has here, and the user from what others have. */
export function createEraser(db: Kysely<DataSchema>): (subject: Subject) => Promise<Counts> {
  return (subject) => eraseSubject(db, subject, STEPS);
}

/** Rows of a table that name the subject, as the owner or, among shares, as the guest. */
const ofSubject =
  (table: keyof DataSchema, kind: string): Step =>
  (transaction, { issuer, subject }) =>
    remove(
      transaction,
      kind,
      table,
      sql`select ctid from ${sql.table(table)}
      where issuer = ${issuer} and subject = ${subject}`,
    );

/** They would go with their documents, but not be counted. */
const sharesGiven: Step = (transaction, { issuer, subject }) =>
  remove(
    transaction,
    'shares_given',
    'shares',
    sql`select shares.ctid from shares
    join documents on documents.id = shares.document_id
    where documents.issuer = ${issuer} and documents.subject = ${subject}`,
  );

async function remove(
  db: Kysely<DataSchema>,
  kind: string,
  table: keyof DataSchema,
  which: RawBuilder<unknown>,
): Promise<Counts> {
  const { numAffectedRows = 0n } = await sql`
    delete from ${sql.table(table)} where ctid = any(array(${which} limit ${BATCH} for update of ${sql.table(table)}))`.execute(
    db,
  );
  return { [kind]: Number(numAffectedRows) };
}

const STEPS: readonly Step[] = [
  sharesGiven,
  ofSubject('shares', 'shares_received'),
  ofSubject('documents', 'documents'),
  ofSubject('changes', 'changes'),
  ofSubject('feeds', 'collections'),
  ofSubject('idempotency_keys', 'idempotency_keys'),
  ofSubject('usage', 'quotas'),
];
