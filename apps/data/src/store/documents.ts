import { randomUUIDv7 } from 'node:crypto';
import { sql, type Kysely } from 'kysely';
import type {
  CollectionAddress,
  DocumentAddress,
  DocumentInfo,
  Documents,
  SharedAddress,
  WriteRefusal,
} from '../domain/documents.ts';
import type { JsonText } from '../domain/json-text.ts';
import { termsOf } from '../domain/terms.ts';
import { isAt, isReadable, isWritable } from './document-addresses.ts';
import { documentOf, infoOf, type InfoRow } from './document-rows.ts';
import { listPage } from './document-pages.ts';
import { createOnce } from './idempotency-keys.ts';
import type { DataSchema } from './schema.ts';

export interface DocumentLimits {
  readonly documentsPerUser: number;
}

const INFO = ['id', 'version', 'created_at', 'updated_at'] as const;

/** Documents in PostgreSQL. */
export function createDocumentStore(db: Kysely<DataSchema>, { documentsPerUser }: DocumentLimits): Documents {
  return {
    async create(address, document, once) {
      const insert = (within: Kysely<DataSchema>, id: string) =>
        insertDocument(within, address, id, document, documentsPerUser);
      const id = randomUUIDv7();
      return once ? createOnce(db, address, once, id, insert) : insert(db, id);
    },

    list: (address, page) => listPage(db, address, page),

    async find(address) {
      const row = await db
        .selectFrom('documents')
        .select([...INFO, sql<string>`content::text`.as('text')])
        .where(isReadable(address))
        .executeTakeFirst();
      return row && documentOf(row);
    },

    async replace(address, versions, { text, content }) {
      const row = await db
        .updateTable('documents')
        .set({
          content: text,
          bytes: Buffer.byteLength(text),
          terms: termsOf(content),
          version: sql`version + 1`,
          updated_at: sql`now()`,
        })
        .where(isWritable(address))
        .where(isOneOf(versions))
        .returning(INFO)
        .executeTakeFirst();
      return row ? infoOf(row) : whyNot(db, address);
    },

    async remove(address, versions) {
      const { issuer, subject } = address.owner;
      const { rows } = await sql`
        with gone as (delete from documents where ${isAt(address)} and ${isOneOf(versions)} returning 1)
        update usage set documents = documents - 1 from gone
        where issuer = ${issuer} and subject = ${subject}
        returning 1`.execute(db);
      return rows.length > 0 ? 'removed' : whyNot(db, address);
    },
  };
}

async function insertDocument(
  db: Kysely<DataSchema>,
  { owner: { issuer, subject }, collection }: CollectionAddress,
  id: string,
  { text, content }: JsonText,
  documentsPerUser: number,
): Promise<DocumentInfo | 'quota-exceeded'> {
  const { rows } = await sql<InfoRow>`
    with room as (
      insert into usage as mine (issuer, subject, documents) values (${issuer}, ${subject}, 1)
      on conflict (issuer, subject) do update set documents = mine.documents + 1
      where mine.documents < ${documentsPerUser}
      returning 1
    )
    insert into documents (id, issuer, subject, collection, content, bytes, terms)
    select ${id}::uuid, ${issuer}, ${subject}, ${collection}, ${text}::json, ${Buffer.byteLength(text)},
      ${termsOf(content)}::bigint[] from room
    returning id, version, created_at, updated_at`.execute(db);
  const [row] = rows;
  return row ? infoOf(row) : 'quota-exceeded';
}

const isOneOf = (versions: readonly number[]) => sql<boolean>`version = any(${versions}::integer[])`;

async function whyNot(
  db: Kysely<DataSchema>,
  address: DocumentAddress | SharedAddress,
): Promise<WriteRefusal> {
  const row = await db
    .selectFrom('documents')
    .select(isWritable(address).as('writable'))
    .where(isReadable(address))
    .executeTakeFirst();
  if (!row) return 'missing';
  return row.writable ? 'changed' : 'read-only';
}
