import { sql, type Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table shares (
      document_id uuid not null references documents on delete cascade,
      issuer text not null,
      subject text not null,
      access text not null check (access in ('read', 'write')),
      created_at timestamptz not null default now(),
      primary key (document_id, issuer, subject)
    )`.execute(db);
  await sql`create index shares_with_user on shares (issuer, subject, document_id)`.execute(db);
}
