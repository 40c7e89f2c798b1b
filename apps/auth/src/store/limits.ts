import { sql, type Kysely, type RawBuilder } from 'kysely';
import type { Bucket, Limit, LimitStore, Wait } from '../domain/limits.ts';
import type { Schema } from './schema.ts';

/**
 * The generic cell rate algorithm: a bucket is the one moment at which it will be full again, so taking is one statement and
 * nothing has to refill it.
 */
export function createLimitStore(db: Kysely<Schema>): LimitStore {
  async function take(key: string, amount: number, limit: Limit, now: Date): Promise<Wait> {
    const { rows } = await sql<{ taken: boolean; full_at: Date }>`
      with taken as (${taking(key, amount, limit, now)})
      select true as taken, full_at from taken
      union all
      select false, full_at from rate_limits where key = ${key} and not exists (select from taken)`.execute(
      db,
    );
    const [row] = rows;
    if (row?.taken) return undefined;
    // Somebody else's first take, not yet visible to this statement, had emptied it.
    if (row === undefined) return 1;
    const missingMs = row.full_at.getTime() + costMs(amount, limit) - limit.seconds * 1_000 - now.getTime();
    return Math.max(1, Math.ceil(missingMs / 1_000));
  }

  return {
    take,

    async takeInTurn(buckets, now) {
      let rest = buckets.slice(await takeTogether(db, buckets, now));
      for (; rest.length > 0; rest = rest.slice(1)) {
        const [{ key, limit }] = rest as [Bucket];
        const wait = await take(key, 1, limit, now);
        if (wait !== undefined) return wait;
      }
      return undefined;
    },

    async giveBack(key, amount, limit) {
      await sql`update rate_limits set full_at = full_at - ${costMs(amount, limit)} * interval '1 millisecond' where key = ${key}`.execute(
        db,
      );
    },

    async forget(key) {
      await db.deleteFrom('rate_limits').where('key', '=', key).execute();
    },
  };
}

/** One statement: each bucket is taken from if the one before was. @returns how many were */
async function takeTogether(db: Kysely<Schema>, buckets: readonly Bucket[], now: Date): Promise<number> {
  const names = buckets.map((_, at) => sql.table(`taken_${at}`));
  const steps = buckets.map(
    ({ key, limit }, at) => sql`${names[at]} as (${taking(key, 1, limit, now, names[at - 1])})`,
  );
  const counts = names.map((name) => sql`(select count(*) from ${name})`);
  const { rows } = await sql<{ taken: number }>`
    with ${sql.join(steps)} select (${sql.join(counts, sql` + `)})::integer as taken`.execute(db);
  return rows[0]?.taken ?? 0;
}

/** Takes and says when the bucket will be full, or does nothing and says nothing; where `after` is given, if it has a row. */
function taking(key: string, amount: number, limit: Limit, now: Date, after?: RawBuilder<unknown>) {
  const cost = costMs(amount, limit);
  const latestMs = limit.seconds * 1_000 + 0.5;
  return sql`
    insert into rate_limits as bucket (key, full_at)
    select ${key}::text, ${new Date(now.getTime() + cost)}::timestamptz ${after ? sql`from ${after}` : sql``}
    on conflict (key) do update
      set full_at = greatest(bucket.full_at, ${now}::timestamptz) + ${cost} * interval '1 millisecond'
      where greatest(bucket.full_at, ${now}::timestamptz) + ${cost} * interval '1 millisecond'
        <= ${now}::timestamptz + ${latestMs} * interval '1 millisecond'
    returning full_at`;
}

function costMs(amount: number, limit: Limit): number {
  return (amount * limit.seconds * 1_000) / limit.count;
}
