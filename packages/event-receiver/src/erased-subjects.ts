import { sql, type Kysely, type RawBuilder } from 'kysely';
import type { Subject } from './security-event.ts';

/** SQLSTATE of a row that names an erased subject; its class is nobody else's. */
const SUBJECT_ERASED = 'RK410';
/** A late repetition of an event is answered with the first counts for so long; no token of an erased subject lives a tenth of it. */
const KEPT_DAYS = 90;

/** The lock under which a subject's rows are written (shared) and the subject is declared erased (exclusive). */
const lockKey = (issuer: RawBuilder<unknown>, subject: RawBuilder<unknown>): RawBuilder<unknown> =>
  sql`hashtextextended(${issuer} || chr(10) || ${subject}, 0)`;

/**
 * For a migration: a table of erased subjects, and a guard on tables that have `issuer` and `subject`, by which no row that
 * names an erased subject can come into being. Whoever inserts holds a lock until the commit, and looks after having got
 * it; who declares a subject erased waits for those locks: a row was committed before, and is found, or is never there.
 */
export async function createErasedSubjects(db: Kysely<unknown>, tables: readonly string[]): Promise<void> {
  await sql`
    create table erased_subjects (
      issuer text not null,
      subject text not null,
      counts jsonb not null default '{}',
      erased_at timestamptz not null default now(),
      primary key (issuer, subject)
    )`.execute(db);
  // A volatile function sees in each statement what is committed by then, whenever its caller began.
  await sql`
    create function refuse_erased_subject() returns trigger language plpgsql volatile as $guard$
    begin
      perform pg_advisory_xact_lock_shared(${lockKey(sql`new.issuer`, sql`new.subject`)});
      if exists (select from erased_subjects where issuer = new.issuer and subject = new.subject) then
        raise exception 'this subject is erased' using errcode = ${sql.lit(SUBJECT_ERASED)};
      end if;
      return new;
    end $guard$`.execute(db);
  for (const table of tables) {
    await sql`
      create trigger refuse_erased_subject before insert on ${sql.table(table)}
      for each row execute function refuse_erased_subject()`.execute(db);
  }
}

/** Whether a statement failed because a row would have named an erased subject. */
export function isSubjectErased(fault: unknown): boolean {
  return fault instanceof Error && 'code' in fault && fault.code === SUBJECT_ERASED;
}

/** Declares a subject erased: what names it and is not committed yet never will be. */
export async function declareErased<Schema>(db: Kysely<Schema>, { issuer, subject }: Subject): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    await sql`select pg_advisory_xact_lock(${lockKey(sql`${issuer}::text`, sql`${subject}::text`)})`.execute(
      transaction,
    );
    await sql`insert into erased_subjects (issuer, subject) values (${issuer}, ${subject}) on conflict do nothing`.execute(
      transaction,
    );
    await sql`delete from erased_subjects where erased_at < now() - make_interval(days => ${KEPT_DAYS})`.execute(
      transaction,
    );
  });
}
