import { sql, type Kysely, type Selectable } from 'kysely';
import type { DocumentAddress } from '../domain/documents.ts';
import { MAX_SHARES_PER_DOCUMENT, type Access, type Share, type Shares } from '../domain/shares.ts';
import { isAt } from './document-addresses.ts';
import { BEFORE_ALL, infoOf, type InfoRow } from './document-rows.ts';
import type { DataSchema } from './schema.ts';

/** Shares in PostgreSQL. */
export function createShareStore(db: Kysely<DataSchema>): Shares {
  const sharesAt = (address: DocumentAddress) =>
    db
      .selectFrom('shares')
      .selectAll()
      .where('document_id', 'in', (documents) =>
        documents.selectFrom('documents').select('id').where(isAt(address)),
      );

  return {
    put: (address, subject, access) =>
      db.transaction().execute(async (transaction) => {
        // The document's row is held, so that its shares are counted one after the other.
        const document = await transaction
          .selectFrom('documents')
          .select('id')
          .where(isAt(address))
          .forUpdate()
          .executeTakeFirst();
        if (!document) return 'missing';
        const { issuer } = address.owner;
        const { rows } = await sql<Selectable<DataSchema['shares']>>`
          insert into shares (document_id, issuer, subject, access)
          select ${document.id}::uuid, ${issuer}, ${subject}, ${access}
          where (
            select count(*) from shares
            where document_id = ${document.id} and not (issuer = ${issuer} and subject = ${subject})
          ) < ${MAX_SHARES_PER_DOCUMENT}
          on conflict (document_id, issuer, subject) do update set access = excluded.access
          returning *`.execute(transaction);
        const [row] = rows;
        return row ? shareOf(row) : 'too-many';
      }),

    async list(address) {
      const rows = await sharesAt(address).orderBy('subject').execute();
      if (rows.length > 0) return rows.map(shareOf);
      const document = await db.selectFrom('documents').select('id').where(isAt(address)).executeTakeFirst();
      return document && [];
    },

    async ofDocuments({ issuer, subject }, ids) {
      if (ids.length === 0) return new Map();
      const rows = await db
        .selectFrom('shares')
        .innerJoin('documents', 'documents.id', 'shares.document_id')
        .selectAll('shares')
        .where('documents.id', 'in', [...ids])
        .where('documents.issuer', '=', issuer)
        .where('documents.subject', '=', subject)
        .orderBy('shares.subject')
        .execute();
      const found = Map.groupBy(rows, (row) => row.document_id);
      return new Map([...found].map(([id, own]) => [id, own.map(shareOf)]));
    },

    async find(address, subject) {
      const row = await sharesAt(address).where('subject', '=', subject).executeTakeFirst();
      return row && shareOf(row);
    },

    async remove(address, subject) {
      const { rows } = await sql`
        delete from shares using documents where documents.id = shares.document_id
        and shares.subject = ${subject} and ${isAt(address)} returning 1`.execute(db);
      return rows.length > 0;
    },

    async sharedWith({ issuer, subject }, { after = BEFORE_ALL, limit }) {
      const { rows } = await sql<InfoRow & { owner: string; collection: string; access: Access }>`
        select documents.id, version, documents.created_at, updated_at, documents.subject as owner, collection, access
        from shares join documents on documents.id = shares.document_id
        where shares.issuer = ${issuer} and shares.subject = ${subject} and document_id > ${after}
        order by document_id limit ${limit + 1}`.execute(db);
      const items = rows.slice(0, limit).map((row) => ({
        ...infoOf(row),
        owner: row.owner,
        collection: row.collection,
        access: row.access,
      }));
      return { items, more: rows.length > limit };
    },
  };
}

const shareOf = (row: Selectable<DataSchema['shares']>): Share => ({
  subject: row.subject,
  access: row.access,
  since: row.created_at,
});
