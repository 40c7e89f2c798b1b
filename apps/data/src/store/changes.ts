import { listen } from '@roomkey/database';
import { sql, type Kysely } from 'kysely';
import type { Change, ChangeKind, Changes } from '../domain/changes.ts';
import { CHANGES_CHANNEL, payloadOf } from './record-change.ts';
import type { DataSchema } from './schema.ts';

interface ChangeStoreOptions {
  /** The same database: notifications need a connection of their own. */
  readonly url: string;
  readonly onError: (error: unknown) => void;
}

interface ChangeRow {
  last: string;
  sequence: string | null;
  kind: ChangeKind;
  document_id: string;
  version: number;
  at: Date;
}

const READ_AT_ONCE = 100;

/** Changes in PostgreSQL, whichever replica makes them. */
export function openChangeStore(
  db: Kysely<DataSchema>,
  { url, onError }: ChangeStoreOptions,
): Changes & { close(): Promise<void> } {
  const watchers = new Map<string, Set<() => void>>();
  const listener = listen({
    url,
    applicationName: 'data-changes',
    channels: [CHANGES_CHANNEL],
    onNotification: (_channel, payload) => {
      for (const wake of watchers.get(payload) ?? []) wake();
    },
    onConnected: () => {
      for (const wakes of watchers.values()) for (const wake of wakes) wake();
    },
    onError,
  });

  return {
    async position({ owner: { issuer, subject }, collection }) {
      const row = await db
        .selectFrom('feeds')
        .select('last')
        .where('issuer', '=', issuer)
        .where('subject', '=', subject)
        .where('collection', '=', collection)
        .executeTakeFirst();
      return Number(row?.last ?? 0);
    },

    async after({ owner: { issuer, subject }, collection }, sequence) {
      const { rows } = await sql<ChangeRow>`
        select feed.last, change.*
        from (
          select coalesce(max(last), 0) as last from feeds
          where issuer = ${issuer} and subject = ${subject} and collection = ${collection}
        ) as feed
        left join lateral (
          select sequence, kind, document_id, version, at from changes
          where issuer = ${issuer} and subject = ${subject} and collection = ${collection}
          and sequence > ${sequence} order by sequence limit ${READ_AT_ONCE}
        ) as change on true
        order by sequence`.execute(db);
      const changes = rows.filter((row) => row.sequence !== null).map(changeOf);
      const next = changes[0]?.sequence ?? Number(rows[0]?.last) + 1;
      // The numbers have no gaps: a first one that is not the next says that some were forgotten, or never were.
      return next === sequence + 1 ? changes : 'gone';
    },

    watch(address, wake) {
      const payload = payloadOf(address);
      const wakes = watchers.get(payload) ?? new Set();
      watchers.set(payload, wakes.add(wake));
      return () => {
        wakes.delete(wake);
        if (wakes.size === 0 && watchers.get(payload) === wakes) watchers.delete(payload);
      };
    },

    close: () => listener.close(),
  };
}

const changeOf = (row: ChangeRow): Change => ({
  sequence: Number(row.sequence),
  kind: row.kind,
  id: row.document_id,
  version: row.version,
  at: row.at,
});
