import { sql, type Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  // One row: whichever replica moves its time has the turn.
  await sql`
    create table sweeps (
      is_the_row boolean primary key default true check (is_the_row),
      begun_at timestamptz not null
    )`.execute(db);
  await sql`insert into sweeps (begun_at) values ('epoch')`.execute(db);
}
