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
import { recordChange } from './record-change.ts';
import type { DataSchema } from './schema.ts';

export interface DocumentLimits {
  readonly documentsPerUser: number;
  /** The last so many are kept. */
  readonly changesPerCollection: number;
}

const WRITTEN = sql`id, version, created_at, updated_at`;
const INFO = ['id', 'version', 'created_at', 'updated_at'] as const;

/** Documents in PostgreSQL. */
export function createDocumentStore(db: Kysely<DataSchema>, limits: DocumentLimits): Documents {
  return {
    async create(address, document, once) {
      const insert = (within: Kysely<DataSchema>, id: string) =>
        insertDocument(within, address, id, document, limits);
      const id = randomUUIDv7();
      return once ? createOnce(db, address, once, id, insert) : insert(db, id);
    },

    list: (address, page) => listPage(db, address, page),

    async collections({ issuer, subject }) {
      const rows = await db
        .selectFrom('documents')
        .select('collection')
        .distinct()
        .where('issuer', '=', issuer)
        .where('subject', '=', subject)
        .orderBy('collection')
        .execute();
      return rows.map(({ collection }) => collection);
    },

    async find(address) {
      const row = await db
        .selectFrom('documents')
        .select([...INFO, sql<string>`content::text`.as('text')])
        .where(isReadable(address))
        .executeTakeFirst();
      return row && documentOf(row);
    },

    async replace(address, versions, { text, content }, kind) {
      const { rows } = await sql<InfoRow>`
        with written as (
          update documents
          set content = ${text}::json, bytes = ${Buffer.byteLength(text)}, terms = ${termsOf(content)}::bigint[],
            version = version + 1, updated_at = now()
          where ${isWritable(address)} and ${isOneOf(versions)}
          returning *
        ), ${recordChange(kind, limits.changesPerCollection)}
        select ${WRITTEN} from written, recorded`.execute(db);
      const [row] = rows;
      return row ? infoOf(row) : whyNot(db, address);
    },

    async remove(address, versions) {
      const { rows } = await sql`
        with gone as (
          delete from documents where ${isAt(address)} and ${isOneOf(versions)} returning *
        ), freed as (
          update usage set documents = usage.documents - 1 from gone
          where usage.issuer = gone.issuer and usage.subject = gone.subject
          returning 1
        ), written as (
          select gone.* from gone, freed
        ), ${recordChange('removed', limits.changesPerCollection)}
        select 1 from written, recorded`.execute(db);
      return rows.length > 0 ? 'removed' : whyNot(db, address);
    },
  };
}

async function insertDocument(
  db: Kysely<DataSchema>,
  { owner: { issuer, subject }, collection }: CollectionAddress,
  id: string,
  { text, content }: JsonText,
  { documentsPerUser, changesPerCollection }: DocumentLimits,
): Promise<DocumentInfo | 'quota-exceeded'> {
  const { rows } = await sql<InfoRow>`
    with room as (
      insert into usage as mine (issuer, subject, documents) values (${issuer}, ${subject}, 1)
      on conflict (issuer, subject) do update set documents = mine.documents + 1
      where mine.documents < ${documentsPerUser}
      returning 1
    ), written as (
      insert into documents (id, issuer, subject, collection, content, bytes, terms)
    select ${id}::uuid, ${issuer}, ${subject}, ${collection}, ${text}::json, ${Buffer.byteLength(text)},
      ${termsOf(content)}::bigint[] from room
      returning *
    ), ${recordChange('created', changesPerCollection)}
    select ${WRITTEN} from written, recorded`.execute(db);
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
