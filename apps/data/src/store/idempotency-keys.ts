import { sql, type Kysely, type Transaction } from 'kysely';
import type { CollectionAddress, CreateOnce, DocumentInfo } from '../domain/documents.ts';
import type { DataSchema } from './schema.ts';

/** How long the first answer to a key is given again. */
const KEPT_HOURS = 24;
/** Swept only when nobody can have just found them good. */
const SWEPT_AFTER_HOURS = KEPT_HOURS + 1;
const SWEPT_AT_ONCE = 10;

type Create = (db: Kysely<DataSchema>, id: string) => Promise<DocumentInfo | 'quota-exceeded'>;

/**
 * Creates under a key: key and document are one commit. A second request with the key waits at the key's row for the first
 * to end; what it finds then is what it is answered with. A create that was refused leaves no key.
 */
export async function createOnce(
  db: Kysely<DataSchema>,
  address: CollectionAddress,
  { key, fingerprint }: CreateOnce,
  newId: string,
  create: Create,
): Promise<DocumentInfo | 'quota-exceeded' | 'key-reused'> {
  const { issuer, subject } = address.owner;
  const isKey = sql<boolean>`(kept.issuer = ${issuer} and kept.subject = ${subject}
    and kept.collection = ${address.collection} and kept.key = ${key})`;

  return db.transaction().execute(async (transaction) => {
    const { rows: claims } = await sql`
      insert into idempotency_keys as kept (issuer, subject, collection, key, fingerprint, document_id)
      values (${issuer}, ${subject}, ${address.collection}, ${key}, ${fingerprint}, ${newId})
      on conflict (issuer, subject, collection, key) do update
      set fingerprint = excluded.fingerprint, document_id = excluded.document_id, created_at = now()
      where kept.created_at <= now() - make_interval(hours => ${KEPT_HOURS})
      returning 1`.execute(transaction);
    if (claims.length === 0) {
      const { rows } = await sql<{ fingerprint: string; document_id: string; created_at: Date }>`
        select fingerprint, document_id, created_at from idempotency_keys as kept where ${isKey}`.execute(
        transaction,
      );
      const [kept] = rows;
      if (!kept) throw new Error('an idempotency key went while it was good');
      if (kept.fingerprint !== fingerprint) return 'key-reused';
      // The answer to a create says nothing that is not known from its key: one transaction has one time.
      return { id: kept.document_id, version: 1, createdAt: kept.created_at, updatedAt: kept.created_at };
    }
    const created = await create(transaction, newId);
    if (created === 'quota-exceeded')
      await sql`delete from idempotency_keys as kept where ${isKey}`.execute(transaction);
    await sweep(transaction);
    return created;
  });
}

/** Each new key clears a few old ones of anybody away, so that they cannot pile up. */
async function sweep(transaction: Transaction<DataSchema>): Promise<void> {
  await sql`
    delete from idempotency_keys where ctid = any(array(
      select ctid from idempotency_keys where created_at < now() - make_interval(hours => ${SWEPT_AFTER_HOURS})
      order by created_at limit ${SWEPT_AT_ONCE} for update skip locked
    ))`.execute(transaction);
}
