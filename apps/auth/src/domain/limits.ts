/**
 * A bucket of `count` that fills again evenly within `seconds`. It holds across replicas: the bucket is in the database.
 */
export interface Limit {
  readonly count: number;
  readonly seconds: number;
}

/** Undefined: there is enough. Otherwise, in how many seconds there will be. */
export type Wait = number | undefined;

export interface Bucket {
  readonly key: string;
  readonly limit: Limit;
}

export interface LimitStore {
  /** Takes `amount` from a bucket, or nothing if there is less. */
  take(key: string, amount: number, limit: Limit, now: Date): Promise<Wait>;
  /** Takes one from each in their order, up to the first that is empty: that one's wait. */
  takeInTurn(buckets: readonly Bucket[], now: Date): Promise<Wait>;
  giveBack(key: string, amount: number, limit: Limit): Promise<void>;
  /** Fills a bucket. */
  forget(key: string): Promise<void>;
}

/** A bucket per key that is taken from in small lots, so that most requests cost no write; it never gives more than there is. */
export interface LeasedLimit {
  take(key: string, now: Date): Promise<Wait>;
}

interface Lease {
  left: number;
  readonly endsAtMs: number;
}

const LEASE_MS = 1_000;
const MAX_LEASES = 10_000;

/** @param share how much of a bucket is leased at a time: 1/share */
export function createLeasedLimit(store: LimitStore, name: string, limit: Limit, share = 20): LeasedLimit {
  const lot = Math.max(1, Math.floor(limit.count / share));
  const leases = new Map<string, Lease>();
  const underWay = new Map<string, Promise<Wait>>();

  async function lease(key: string, now: Date): Promise<Wait> {
    const bucket = `${name}:${key}`;
    const wait = await store.take(bucket, lot, limit, now);
    const isEmpty =
      wait !== undefined && (lot === 1 || (await store.take(bucket, 1, limit, now)) !== undefined);
    if (isEmpty) return wait;
    if (leases.size >= MAX_LEASES) leases.clear();
    leases.set(key, { left: wait === undefined ? lot : 1, endsAtMs: now.getTime() + LEASE_MS });
    return undefined;
  }

  return {
    async take(key, now) {
      for (;;) {
        const held = leases.get(key);
        if (held !== undefined && held.left > 0 && now.getTime() < held.endsAtMs) {
          held.left -= 1;
          return undefined;
        }
        const leasing = underWay.get(key) ?? lease(key, now).finally(() => underWay.delete(key));
        underWay.set(key, leasing);
        const wait = await leasing;
        if (wait !== undefined) return wait;
      }
    },
  };
}
