import { sql, type Kysely, type RawBuilder } from 'kysely';
import type { CollectionAddress, Page, StoredDocument } from '../domain/documents.ts';
import { isIn } from './document-addresses.ts';
import { BEFORE_ALL, documentOf, type DocumentRow } from './document-rows.ts';
import type { DataSchema } from './schema.ts';

/** A page holds at most this much text, or one document. */
const MAX_PAGE_BYTES = 1024 * 1024;
/** A filter looks at this many documents at most before it gives a page, be it an empty one. */
const MAX_SCANNED = 1_000;

interface DocumentPage {
  readonly items: StoredDocument[];
  readonly next?: string;
}

/** A page of a collection, as `Documents.list` describes it. */
export function listPage(
  db: Kysely<DataSchema>,
  address: CollectionAddress,
  page: Page,
): Promise<DocumentPage> {
  return page.terms.length > 0 ? listFound(db, address, page) : listAll(db, address, page);
}

async function listAll(
  db: Kysely<DataSchema>,
  address: CollectionAddress,
  { after = BEFORE_ALL, limit }: Page,
) {
  const candidates = sql`
    select * from documents where ${isIn(address)} and id > ${after} order by id limit ${limit + 1}`;
  const { items, cut } = await takePage(db, candidates, limit);
  return pageOf(items, cut ? items.at(-1)?.id : undefined);
}

/** In two looks: the first goes over terms alone, the second reads the texts of what was found. */
async function listFound(
  db: Kysely<DataSchema>,
  address: CollectionAddress,
  { after = BEFORE_ALL, limit, terms }: Page,
) {
  const { rows: scanned } = await sql<{ id: string; found: boolean }>`
    select id, terms @> ${terms}::bigint[] as found from documents
    where ${isIn(address)} and id > ${after} order by id limit ${MAX_SCANNED}`.execute(db);
  const found = scanned.filter((row) => row.found).map(({ id }) => id);
  const wanted = found.slice(0, limit);
  const { items, cut } = await takePage(
    db,
    sql`select * from documents where ${isIn(address)} and id = any(${wanted}::uuid[]) and terms @> ${terms}::bigint[]`,
    limit,
  );
  if (cut) return pageOf(items, items.at(-1)?.id);
  if (found.length > wanted.length) return pageOf(items, wanted.at(-1));
  return pageOf(items, scanned.length === MAX_SCANNED ? scanned.at(-1)?.id : undefined);
}

/** The first of the candidates, as many as there is room for, and whether there are more. */
async function takePage(db: Kysely<DataSchema>, candidates: RawBuilder<unknown>, limit: number) {
  const { rows } = await sql<DocumentRow & { candidates: number }>`
    select id, version, created_at, updated_at, content::text as text, candidates
    from (
      select *, count(*) over ()::integer as candidates, sum(bytes) over (order by id) - bytes as bytes_before
      from (${candidates}) as candidate
    ) as page
    where bytes_before < ${MAX_PAGE_BYTES}
    order by id limit ${limit}`.execute(db);
  return { items: rows.map(documentOf), cut: (rows[0]?.candidates ?? 0) > rows.length };
}

const pageOf = (items: StoredDocument[], next: string | undefined) => ({
  items,
  ...(next !== undefined && { next }),
});
