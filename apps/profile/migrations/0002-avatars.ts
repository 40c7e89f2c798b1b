import { sql, type Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  // In the row of the profile, so that a picture is set, replaced and removed with it in one statement.
  await sql`
    alter table profiles
      add column avatar_image uuid,
      add column avatar_tag text,
      add column avatar_bytes bytea,
      add constraint profiles_avatar check (
        num_nulls(avatar_image, avatar_tag, avatar_bytes) in (0, 3) and octet_length(avatar_bytes) <= 262144
      )`.execute(db);
  // A picture is compressed already.
  await sql`alter table profiles alter column avatar_bytes set storage external`.execute(db);
}
