import { isSubjectErased } from '@roomkey/event-receiver';
import { sql, type Kysely, type Selectable } from 'kysely';
import type { ImageCatalog, ListPosition, Quota } from '../domain/image-catalog.ts';
import type { Image, Owner, Visibility } from '../domain/image.ts';
import { batched } from './batched.ts';
import type { Tables } from './tables.ts';

/** The rows in PostgreSQL. Every change of an owner's rows goes through their row of `usage`, in the same statement. */
export function createPostgresImageCatalog(db: Kysely<Tables>): ImageCatalog {
  async function hasRoom(owner: Owner, quota: Quota): Promise<boolean> {
    const usage = await db
      .selectFrom('usage')
      .where('issuer', '=', owner.issuer)
      .where('subject', '=', owner.subject)
      .select(['images', 'bytes'])
      .executeTakeFirst();
    return usage === undefined || (usage.images < quota.maxImages && Number(usage.bytes) < quota.maxBytes);
  }

  async function add(image: Omit<Image, 'createdAt'>, quota: Quota) {
    const { issuer, subject } = image.owner;
    // The conflicting row is locked before its condition is judged, so uploads beside this one wait for its verdict.
    const { rows } = await sql<{ created_at: Date }>`
      with room as (
        insert into usage as u (issuer, subject, images, bytes)
        select ${issuer}, ${subject}, 1, ${image.bytes}::int8
        where 1 <= ${quota.maxImages}::int and ${image.bytes}::int8 <= ${quota.maxBytes}::int8
        on conflict (issuer, subject) do update set images = u.images + 1, bytes = u.bytes + excluded.bytes
        where u.images + 1 <= ${quota.maxImages}::int and u.bytes + excluded.bytes <= ${quota.maxBytes}::int8
        returning issuer, subject
      )
      insert into images (id, issuer, subject, width, height, format, bytes, content_hash)
      select ${image.id}::uuid, issuer, subject, ${image.width}::int, ${image.height}::int, ${image.format},
        ${image.bytes}::int, ${image.contentHash}
      from room
      returning created_at`
      .execute(db)
      .catch(noneIfErased);
    if (rows === undefined) return 'owner-erased' as const;
    const [row] = rows;
    return row ? { ...image, createdAt: row.created_at } : ('quota-exceeded' as const);
  }

  // Every picture that is given out asks for its row first.
  const find = batched<string, Image>(async (ids) => {
    const rows = await db
      .selectFrom('images')
      .selectAll()
      .where(sql<boolean>`id = any(${ids}::uuid[])`)
      .execute();
    return new Map(rows.map((row) => [row.id, toImage(row)]));
  });

  async function existing(ids: readonly string[]): Promise<ReadonlySet<string>> {
    if (ids.length === 0) return new Set();
    const rows = await db.selectFrom('images').select('id').where('id', 'in', ids).execute();
    return new Set(rows.map(({ id }) => id));
  }

  async function list(owner: Owner, { limit, after }: { limit: number; after: ListPosition | undefined }) {
    let query = ownedBy(owner).selectAll().orderBy('created_at', 'desc').orderBy('id', 'desc').limit(limit);
    if (after) query = query.where(sql<boolean>`(created_at, id) < (${after.createdAt}, ${after.id}::uuid)`);
    return (await query.execute()).map(toImage);
  }

  async function setVisibility(owner: Owner, id: string, visibility: Visibility): Promise<Image | undefined> {
    const row = await db
      .updateTable('images')
      .set({ visibility })
      .where('id', '=', id)
      .where('issuer', '=', owner.issuer)
      .where('subject', '=', owner.subject)
      .returningAll()
      .executeTakeFirst();
    return row && toImage(row);
  }

  async function remove(owner: Owner, id: string): Promise<boolean> {
    const { rows } = await sql`
      with gone as (
        delete from images where id = ${id}::uuid and issuer = ${owner.issuer} and subject = ${owner.subject}
        returning issuer, subject, bytes
      )
      update usage set images = usage.images - 1, bytes = usage.bytes - gone.bytes
      from gone where usage.issuer = gone.issuer and usage.subject = gone.subject
      returning 1`.execute(db);
    return rows.length > 0;
  }

  const ownedBy = (owner: Owner) =>
    db.selectFrom('images').where('issuer', '=', owner.issuer).where('subject', '=', owner.subject);

  return { hasRoom, add, find, existing, list, setVisibility, remove };
}

function noneIfErased(fault: unknown): { readonly rows?: undefined } {
  if (isSubjectErased(fault)) return {};
  throw fault;
}

const toImage = (row: Selectable<Tables['images']>): Image => ({
  id: row.id,
  owner: { issuer: row.issuer, subject: row.subject },
  visibility: row.visibility,
  width: row.width,
  height: row.height,
  format: row.format,
  bytes: row.bytes,
  contentHash: row.content_hash,
  createdAt: row.created_at,
});
