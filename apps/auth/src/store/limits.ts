import { sql, type Kysely } from 'kysely';
import type { LimitStore } from '../domain/limits.ts';
import type { Schema } from './schema.ts';

/**
 * The generic cell rate algorithm: a bucket is the one moment at which it will be full again, so taking is one statement and
 * nothing has to refill it.
 */
export function createLimitStore(db: Kysely<Schema>): LimitStore {
  return {
    async take(key, amount, limit, now) {
      const costMs = (amount * limit.seconds * 1_000) / limit.count;
      const capacityMs = limit.seconds * 1_000;
      const { rows } = await sql<{ taken: boolean; full_at: Date }>`
        with taken as (
          insert into rate_limits as bucket (key, full_at)
          values (${key}, ${new Date(now.getTime() + costMs)})
          on conflict (key) do update
            set full_at = greatest(bucket.full_at, ${now}::timestamptz) + ${costMs} * interval '1 millisecond'
            where greatest(bucket.full_at, ${now}::timestamptz) + ${costMs} * interval '1 millisecond'
              <= ${now}::timestamptz + ${capacityMs + 0.5} * interval '1 millisecond'
          returning full_at
        )
        select true as taken, full_at from taken
        union all
        select false, full_at from rate_limits where key = ${key} and not exists (select from taken)`.execute(
        db,
      );
      const [row] = rows;
      if (row?.taken) return undefined;
      // Somebody else's first take, not yet visible to this statement, had emptied it.
      if (row === undefined) return 1;
      const missingMs = row.full_at.getTime() + costMs - capacityMs - now.getTime();
      return Math.max(1, Math.ceil(missingMs / 1_000));
    },

    async giveBack(key, amount, limit) {
      const costMs = (amount * limit.seconds * 1_000) / limit.count;
      await sql`update rate_limits set full_at = full_at - ${costMs} * interval '1 millisecond' where key = ${key}`.execute(
        db,
      );
    },

    async forget(key) {
      await db.deleteFrom('rate_limits').where('key', '=', key).execute();
    },
  };
}
