import { randomUUIDv7 } from 'node:crypto';
import { sql, type Kysely } from 'kysely';
import type {
  CollectionAddress,
  DocumentAddress,
  DocumentInfo,
  Documents,
  Page,
  StoredDocument,
  WriteRefusal,
} from '../domain/documents.ts';
import { createOnce } from './idempotency-keys.ts';
import type { DataSchema } from './schema.ts';

export interface DocumentLimits {
  readonly documentsPerUser: number;
}

interface InfoRow {
  id: string;
  version: number;
  created_at: Date;
  updated_at: Date;
}
type DocumentRow = InfoRow & { text: string };

/** A page holds at most this much text, or one document. */
const MAX_PAGE_BYTES = 1024 * 1024;
const BEFORE_ALL = '00000000-0000-0000-0000-000000000000';
const INFO = ['id', 'version', 'created_at', 'updated_at'] as const;

/** Documents in PostgreSQL. */
export function createDocumentStore(db: Kysely<DataSchema>, { documentsPerUser }: DocumentLimits): Documents {
  return {
    async create(address, text, once) {
      const insert = (within: Kysely<DataSchema>, id: string) =>
        insertDocument(within, address, { id, text }, documentsPerUser);
      const id = randomUUIDv7();
      return once ? createOnce(db, address, once, id, insert) : insert(db, id);
    },

    async list({ owner: { issuer, subject }, collection }, { after = BEFORE_ALL, limit }: Page) {
      const { rows } = await sql<DocumentRow & { candidates: number }>`
        select id, version, created_at, updated_at, content::text as text, candidates
        from (
          select *, count(*) over ()::integer as candidates, sum(bytes) over (order by id) - bytes as bytes_before
          from (
            select * from documents
            where issuer = ${issuer} and subject = ${subject} and collection = ${collection} and id > ${after}
            order by id limit ${limit + 1}
          ) as candidate
        ) as page
        where bytes_before < ${MAX_PAGE_BYTES}
        order by id limit ${limit}`.execute(db);
      return { items: rows.map(documentOf), more: (rows[0]?.candidates ?? 0) > rows.length };
    },

    async find(address) {
      const row = await db
        .selectFrom('documents')
        .select([...INFO, sql<string>`content::text`.as('text')])
        .where(isAt(address))
        .executeTakeFirst();
      return row && documentOf(row);
    },

    async replace(address, versions, text) {
      const row = await db
        .updateTable('documents')
        .set({
          content: text,
          bytes: Buffer.byteLength(text),
          version: sql`version + 1`,
          updated_at: sql`now()`,
        })
        .where(isAt(address))
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
  { id, text }: { readonly id: string; readonly text: string },
  documentsPerUser: number,
): Promise<DocumentInfo | 'quota-exceeded'> {
  const { rows } = await sql<InfoRow>`
    with room as (
      insert into usage as mine (issuer, subject, documents) values (${issuer}, ${subject}, 1)
      on conflict (issuer, subject) do update set documents = mine.documents + 1
      where mine.documents < ${documentsPerUser}
      returning 1
    )
    insert into documents (id, issuer, subject, collection, content, bytes)
    select ${id}::uuid, ${issuer}, ${subject}, ${collection}, ${text}::json, ${Buffer.byteLength(text)} from room
    returning id, version, created_at, updated_at`.execute(db);
  const [row] = rows;
  return row ? infoOf(row) : 'quota-exceeded';
}

const isAt = ({ owner: { issuer, subject }, collection, id }: DocumentAddress) =>
  sql<boolean>`(id = ${id} and issuer = ${issuer} and subject = ${subject} and collection = ${collection})`;

const isOneOf = (versions: readonly number[]) => sql<boolean>`version = any(${versions}::integer[])`;

async function whyNot(db: Kysely<DataSchema>, address: DocumentAddress): Promise<WriteRefusal> {
  const row = await db.selectFrom('documents').select('id').where(isAt(address)).executeTakeFirst();
  return row ? 'changed' : 'missing';
}

const infoOf = ({ id, version, created_at, updated_at }: InfoRow): DocumentInfo => ({
  id,
  version,
  createdAt: created_at,
  updatedAt: updated_at,
});

const documentOf = (row: DocumentRow): StoredDocument => ({ ...infoOf(row), text: row.text });
