import { sql, type Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  // Whole milliseconds: positions in lists go through clients, whose clocks know nothing finer.
  await sql`
    create table images (
      id uuid primary key,
      issuer text not null,
      subject text not null,
      width integer not null check (width > 0),
      height integer not null check (height > 0),
      format text not null check (format in ('jpeg', 'png', 'webp')),
      bytes integer not null check (bytes > 0),
      content_hash text not null,
      created_at timestamptz not null default date_trunc('milliseconds', clock_timestamp())
    )`.execute(db);
  await sql`create index images_of_owner on images (issuer, subject, created_at desc, id desc)`.execute(db);

  await sql`
    create table usage (
      issuer text not null,
      subject text not null,
      images integer not null check (images >= 0),
      bytes bigint not null check (bytes >= 0),
      primary key (issuer, subject)
    )`.execute(db);
}
