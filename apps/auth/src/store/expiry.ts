import { sql, type Kysely } from 'kysely';
import type { Expiry } from '../domain/expiry.ts';
import type { Schema } from './schema.ts';

/** Ended and expired sessions are kept as long for whoever asks what happened, and so that reuse of their tokens is told apart. */
const KEEP_SESSIONS_DAYS = 30;
/** How long the report of an erasure can be read at least; longer while a service has not erased. */
const KEEP_ERASURES_DAYS = 90;

export function createExpiry(db: Kysely<Schema>): Expiry {
  return {
    async forgetExpired(now) {
      const sessionsEnd = new Date(now.getTime() - KEEP_SESSIONS_DAYS * 86_400_000);
      const erasuresEnd = new Date(now.getTime() - KEEP_ERASURES_DAYS * 86_400_000);
      const results = [
        await sql`delete from used_assertions where expires_at <= ${now}`.execute(db),
        await sql`delete from revoked_tokens where expires_at <= ${now}`.execute(db),
        await sql`delete from rate_limits where full_at <= ${now}`.execute(db),
        await sql`delete from sessions where expires_at <= ${sessionsEnd}`.execute(db),
        await sql`
          delete from erasures where requested_at <= ${erasuresEnd} and not exists (
            select from outbox where erasure_id = erasures.id and settled_at is null)`.execute(db),
      ];
      return results.reduce((sum, { numAffectedRows = 0n }) => sum + Number(numAffectedRows), 0);
    },
  };
}
