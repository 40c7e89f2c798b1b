import { createErasedSubjects } from '../../src/index.ts';
import { sql, type Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table cars (
      id integer generated always as identity primary key,
      issuer text not null,
      subject text not null
    )`.execute(db);
  await createErasedSubjects(db, ['cars']);
}
