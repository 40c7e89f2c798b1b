import { sql, type Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  // The last change of each collection. Whoever writes holds the row until the commit, so that numbers follow the order of
  // commits and none is missing. The row stays when the collection is empty, or numbers would begin anew.
  await sql`
    create table feeds (
      issuer text not null,
      subject text not null,
      collection text not null,
      last bigint not null,
      primary key (issuer, subject, collection)
    )`.execute(db);
  await sql`
    create table changes (
      issuer text not null,
      subject text not null,
      collection text not null,
      sequence bigint not null,
      kind text not null,
      document_id uuid not null,
      version integer not null,
      at timestamptz not null default clock_timestamp(),
      primary key (issuer, subject, collection, sequence)
    )`.execute(db);
}
