import { sql, type Kysely } from 'kysely';
import type { Outbox } from '../domain/security-events.ts';
import type { Schema } from './schema.ts';

/** Told when there is something in the outbox. */
export const OUTBOX_CHANNEL = 'outbox';

interface DueRow {
  id: string;
  audience: string;
  erasure_id: string;
  subject: string;
  requested_at: Date;
}

export function createOutbox(db: Kysely<Schema>): Outbox {
  return {
    async take(audiences, limit, now, againAt) {
      // Those who ask at the same time pass over each other's rows.
      const { rows } = await sql<DueRow>`
        with due as (
          select id from outbox
          where audience = any(${[...audiences]}::text[]) and settled_at is null and deliver_at <= ${now}
          order by deliver_at limit ${limit} for update skip locked
        )
        update outbox set deliver_at = ${againAt} from due, erasures
        where outbox.id = due.id and erasures.id = outbox.erasure_id
        returning outbox.id, audience, erasure_id, subject, requested_at`.execute(db);
      return rows.map((row) => ({
        id: row.id,
        audience: row.audience,
        erasureId: row.erasure_id,
        subject: row.subject,
        occurredAt: row.requested_at,
      }));
    },

    async settle(audiences, settlements, now) {
      const ids = settlements.map(({ id }) => id);
      const counts = settlements.map((settlement) => JSON.stringify(settlement.counts));
      await sql`
        update outbox set settled_at = ${now}, counts = said.counts::jsonb
        from unnest(${ids}::uuid[], ${counts}::text[]) as said (id, counts)
        where outbox.id = said.id and audience = any(${[...audiences]}::text[]) and settled_at is null`.execute(
        db,
      );
    },
  };
}
