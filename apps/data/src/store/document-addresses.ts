import { sql } from 'kysely';
import type { CollectionAddress, DocumentAddress, SharedAddress } from '../domain/documents.ts';

/** Conditions on rows of `documents`: which of them an address means. */
export const isIn = ({ owner: { issuer, subject }, collection }: CollectionAddress) =>
  sql<boolean>`(documents.issuer = ${issuer} and documents.subject = ${subject} and documents.collection = ${collection})`;

export const isAt = (address: DocumentAddress) =>
  sql<boolean>`(documents.id = ${address.id} and ${isIn(address)})`;

/** What a user may read: their own document, or one that is shared with them. */
export const isReadable = (address: DocumentAddress | SharedAddress) =>
  'guest' in address ? isSharedAt(address, ['read', 'write']) : isAt(address);

/** What a user may write over. */
export const isWritable = (address: DocumentAddress | SharedAddress) =>
  'guest' in address ? isSharedAt(address, ['write']) : isAt(address);

function isSharedAt({ guest, id }: SharedAddress, accesses: readonly string[]) {
  return sql<boolean>`(documents.id = ${id} and exists (
    select from shares where shares.document_id = documents.id and shares.issuer = ${guest.issuer}
    and shares.subject = ${guest.subject} and shares.access = any(${accesses}::text[])
  ))`;
}
