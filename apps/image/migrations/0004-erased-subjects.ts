import { createErasedSubjects } from '@roomkey/event-receiver';
import { sql, type Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await createErasedSubjects(db, ['images', 'usage']);

  // Images that an erasure has ended and whose bytes may still be there: whoever goes on with it knows which.
  await sql`
    create table removals (
      image_id uuid primary key,
      issuer text not null,
      subject text not null
    )`.execute(db);
  await sql`create index removals_of_owner on removals (issuer, subject)`.execute(db);
}
