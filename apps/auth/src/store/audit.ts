import type { Kysely } from 'kysely';
import type { AuditLog } from '../domain/audit.ts';
import type { Schema } from './schema.ts';

export function createAuditLog(db: Kysely<Schema>): AuditLog {
  return {
    async record(entries) {
      const rows = entries.map(({ at, actor, action, targetKind, target, details }) => ({
        at,
        actor,
        action,
        target_kind: targetKind,
        target,
        details: JSON.stringify(details),
      }));
      await db.insertInto('audit_log').values(rows).execute();
    },

    async list({ before, actor, target, limit }) {
      const rows = await db
        .selectFrom('audit_log')
        .selectAll()
        .$if(before !== undefined, (query) => query.where('id', '<', before ?? ''))
        .$if(actor !== undefined, (query) => query.where('actor', '=', actor ?? ''))
        .$if(target !== undefined, (query) => query.where('target', '=', target ?? ''))
        .orderBy('id', 'desc')
        .limit(limit)
        .execute();
      return rows.map((row) => ({
        id: row.id,
        at: row.at,
        actor: row.actor,
        action: row.action,
        targetKind: row.target_kind,
        target: row.target,
        details: row.details,
      }));
    },
  };
}
