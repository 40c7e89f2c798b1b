import { sql, type Kysely } from 'kysely';
import type { LinkKey, LinkKeyStore } from '../domain/signed-links.ts';
import type { Tables } from './tables.ts';

/** Link keys in PostgreSQL: made when they are needed, gone when nothing that they signed can be alive. */
export function createPostgresLinkKeys(db: Kysely<Tables>): LinkKeyStore {
  async function newest(fresh: Omit<LinkKey, 'createdAt'>, notBefore: Date): Promise<LinkKey> {
    const young = db.selectFrom('link_keys').selectAll().where('created_at', '>=', notBefore);
    const found = await young.orderBy('created_at', 'desc').limit(1).executeTakeFirst();
    if (found) return toKey(found);
    // Two replicas may do this at once: then there are two keys, and each verifies what the other signed.
    await sql`delete from link_keys where created_at < ${notBefore}::timestamptz - interval '1 day'`.execute(
      db,
    );
    const { id, secret } = fresh;
    const made = await db
      .insertInto('link_keys')
      .values({ id, secret })
      .returningAll()
      .executeTakeFirstOrThrow();
    return toKey(made);
  }

  async function find(id: string): Promise<LinkKey | undefined> {
    const row = await db.selectFrom('link_keys').selectAll().where('id', '=', id).executeTakeFirst();
    return row && toKey(row);
  }

  return { newest, find };
}

const toKey = (row: { id: string; secret: Buffer; created_at: Date }): LinkKey => ({
  id: row.id,
  secret: row.secret,
  createdAt: row.created_at,
});
