import { sql, type Kysely, type Transaction } from 'kysely';
import { declareErased } from './erased-subjects.ts';
import type { Subject } from './security-event.ts';

/** How many of each kind were erased. */
export type Counts = Readonly<Record<string, number>>;

/**
 * Erases a part of what a subject has: as much as a statement may take, and says how many of what. It is called until it
 * finds nothing more.
 */
export type EraseStep<Schema> = (transaction: Transaction<Schema>, subject: Subject) => Promise<Counts>;

/**
 * Erases a subject in steps of a transaction each, after having made sure that nothing of it can be added any more. A step
 * and the counts of what it erased are one commit: whoever goes on after a crash, or repeats the whole, says the same. Two
 * that erase the same subject take turns.
 *
 * @param db a database with `createErasedSubjects`
 * @returns what was erased, by this call and by earlier ones for the same subject
 */
export async function eraseSubject<Schema>(
  db: Kysely<Schema>,
  subject: Subject,
  steps: readonly EraseStep<Schema>[],
): Promise<Counts> {
  await declareErased(db, subject);
  let counts: Counts = {};
  for (const step of steps) {
    let erased = Infinity;
    while (erased > 0) ({ counts, erased } = await carryOut(db, subject, step));
  }
  return counts;
}

/** @returns how much it erased, and the counts after it */
function carryOut<Schema>(
  db: Kysely<Schema>,
  subject: Subject,
  step: EraseStep<Schema>,
): Promise<{ counts: Counts; erased: number }> {
  return db.transaction().execute(async (transaction) => {
    const isOfSubject = sql<boolean>`issuer = ${subject.issuer} and subject = ${subject.subject}`;
    const { rows } = await sql<{ counts: Counts }>`
      select counts from erased_subjects where ${isOfSubject} for update`.execute(transaction);
    const [row] = rows;
    if (row === undefined) throw new Error('a subject is being erased and is not declared erased');
    const found = await step(transaction, subject);
    const counts = sum(row.counts, found);
    await sql`update erased_subjects set counts = ${JSON.stringify(counts)}::jsonb where ${isOfSubject}`.execute(
      transaction,
    );
    return { counts, erased: Object.values(found).reduce((all, count) => all + count, 0) };
  });
}

function sum(one: Counts, other: Counts): Counts {
  const kinds = [...new Set([...Object.keys(one), ...Object.keys(other)])];
  return Object.fromEntries(kinds.map((kind) => [kind, (one[kind] ?? 0) + (other[kind] ?? 0)]));
}
