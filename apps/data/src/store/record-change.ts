import { hash } from 'node:crypto';
import { sql } from 'kysely';
import type { ChangeKind } from '../domain/changes.ts';
import type { CollectionAddress } from '../domain/documents.ts';

/** Told of every change; the payload says in which collection. */
export const CHANGES_CHANNEL = 'data_changes';

/** Names a collection in 64 characters, whoever's it is (a notification has room for 8,000 bytes): the same as PAYLOAD in SQL. */
export const payloadOf = ({ owner: { issuer, subject }, collection }: CollectionAddress): string =>
  hash('sha256', [issuer, subject, collection].join('\n'));
const PAYLOAD = sql`encode(sha256(convert_to(concat_ws(chr(10), issuer, subject, collection), 'UTF8')), 'hex')`;

/**
 * Common table expressions that record what `written` wrote, a row of the columns of `documents` or none, and forget what is
 * older than the last `kept` changes. The row of `feeds` is the last lock that a write takes, after those of the document
 * and of `usage`: always in this order, so that no two writes wait for each other. `recorded` has a row if `written` has.
 */
export function recordChange(kind: ChangeKind, kept: number) {
  return sql`
    fed as (
      insert into feeds as feed (issuer, subject, collection, last)
      select issuer, subject, collection, 1 from written
      on conflict (issuer, subject, collection) do update set last = feed.last + 1
      returning issuer, subject, collection, last
    ), change as (
      insert into changes (issuer, subject, collection, sequence, kind, document_id, version)
      select fed.issuer, fed.subject, fed.collection, fed.last, ${kind}, written.id, written.version from written, fed
    ), forgotten as (
      delete from changes using fed
      where changes.issuer = fed.issuer and changes.subject = fed.subject and changes.collection = fed.collection
      and changes.sequence <= fed.last - ${kept}::bigint
    ), recorded as (
      select pg_notify(${CHANGES_CHANNEL}, ${PAYLOAD}) from fed
    )`;
}
