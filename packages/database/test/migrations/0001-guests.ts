import { sql, type Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('guest')
    .addColumn('id', 'integer', (column) => column.primaryKey().generatedAlwaysAsIdentity())
    .addColumn('name', 'text', (column) => column.notNull())
    .addUniqueConstraint('guest_name_key', ['name'])
    .execute();
  // Holds the lock long enough for another process to come and find it taken.
  await sql`select pg_sleep(0.3)`.execute(db);
}
