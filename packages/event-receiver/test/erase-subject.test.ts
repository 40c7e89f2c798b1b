import { openDatabase } from '@roomkey/database';
import { createTestDatabase } from '@roomkey/test-kit';
import { sql, type Generated, type Kysely } from 'kysely';
import { expect, test } from 'vitest';
import { eraseSubject, isSubjectErased, type EraseStep } from '../src/index.ts';

interface Garage {
  cars: { id: Generated<number>; issuer: string; subject: string };
}

const mia = { issuer: 'http://desk.test', subject: 'mia' };

async function openGarage() {
  const database = await createTestDatabase({ migrations: new URL('./migrations', import.meta.url) });
  const pool = openDatabase<Garage>({
    url: database.url,
    applicationName: 'garage',
    onError: () => {},
  });
  return {
    db: pool.db,
    async [Symbol.asyncDispose]() {
      await pool.close();
      await database[Symbol.asyncDispose]();
    },
  };
}

const park = (db: Kysely<Garage>, count = 1, subject = mia) =>
  db
    .insertInto('cars')
    .values(Array.from({ length: count }, () => subject))
    .execute();

const left = async (db: Kysely<Garage>): Promise<number> =>
  (await db.selectFrom('cars').selectAll().where('subject', '=', 'mia').execute()).length;

/** As many at a time. */
const eraseCars =
  (batch: number): EraseStep<Garage> =>
  async (transaction, { issuer, subject }) => {
    const { numAffectedRows = 0n } = await sql`
      delete from cars where id = any(array(
        select id from cars where issuer = ${issuer} and subject = ${subject} limit ${batch}
      ))`.execute(transaction);
    return { cars: Number(numAffectedRows) };
  };

test('a step is taken until it finds nothing more, and all that it erased is counted', async () => {
  await using garage = await openGarage();
  await park(garage.db, 25);
  await park(garage.db, 3, { ...mia, subject: 'ben' });
  await park(garage.db, 3, { ...mia, issuer: 'http://elsewhere.test' });
  expect(await eraseSubject(garage.db, mia, [eraseCars(10)])).toEqual({ cars: 25 });
  expect((await garage.db.selectFrom('cars').selectAll().execute()).length).toBe(6);
});

test('broken off at any step and begun again, also by somebody else, it says the same', async () => {
  for (let broken = 1; broken <= 4; broken += 1) {
    await using garage = await openGarage();
    await park(garage.db, 25);
    let steps = 0;
    const fragile: EraseStep<Garage> = async (transaction, subject) => {
      const counts = await eraseCars(10)(transaction, subject);
      steps += 1;
      if (steps === broken) throw new Error('killed');
      return counts;
    };
    await expect(eraseSubject(garage.db, mia, [fragile])).rejects.toThrow('killed');
    expect(await left(garage.db)).toBe(Math.max(0, 25 - 10 * (broken - 1)));
    const again = await Promise.all([
      eraseSubject(garage.db, mia, [eraseCars(10)]),
      eraseSubject(garage.db, mia, [eraseCars(10)]),
    ]);
    for (const counts of again) expect(counts).toEqual({ cars: 25 });
  }
});

test('what is written and not committed yet is waited for, and erased with the rest', async () => {
  await using garage = await openGarage();
  let erasing: Promise<unknown> | undefined;
  let isErased = false;
  await garage.db.transaction().execute(async (transaction) => {
    await park(transaction);
    erasing = eraseSubject(garage.db, mia, [eraseCars(10)]).then((counts) => {
      isErased = true;
      return counts;
    });
    await waiting(garage.db);
    expect(isErased).toBe(false);
  });
  expect(await erasing).toEqual({ cars: 1 });
  expect(await left(garage.db)).toBe(0);
});

test('who began before the erasure and writes after it is refused', async () => {
  await using garage = await openGarage();
  const writing = garage.db.transaction().execute(async (transaction) => {
    // Its view of the database is one from before.
    expect(await left(transaction)).toBe(0);
    await eraseSubject(garage.db, mia, [eraseCars(10)]);
    await park(transaction);
  });
  const fault: unknown = await writing.catch((error: unknown) => error);
  expect(isSubjectErased(fault)).toBe(true);
  expect(isSubjectErased(new Error('another'))).toBe(false);
  expect(await left(garage.db)).toBe(0);
});

test('who waits for the erasure to be declared sees it, though the statement began before', async () => {
  await using garage = await openGarage();
  const parking = await garage.db.transaction().execute(async (transaction) => {
    const key = sql`hashtextextended(${`${mia.issuer}\n${mia.subject}`}::text, 0)`;
    await sql`select pg_advisory_xact_lock(${key})`.execute(transaction);
    const late = park(garage.db).catch((error: unknown) => error);
    await waiting(garage.db);
    await sql`insert into erased_subjects (issuer, subject) values (${mia.issuer}, ${mia.subject})`.execute(
      transaction,
    );
    return { late };
  });
  expect(isSubjectErased(await parking.late)).toBe(true);
  expect(await left(garage.db)).toBe(0);
});

/** Until somebody waits for a lock on a subject. */
async function waiting(db: Kysely<Garage>): Promise<void> {
  await expect
    .poll(async () => {
      const { rows } = await sql`
        select from pg_locks where locktype = 'advisory' and not granted
        and database = (select oid from pg_database where datname = current_database())`.execute(db);
      return rows.length;
    })
    .toBe(1);
}
