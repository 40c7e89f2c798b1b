import { env } from 'node:process';

/** Randomness that can be replayed: `ROOMKEY_SEED=… vitest run …`. */
export interface Seeded {
  readonly seed: number;
  /** 0 ≤ n < bound */
  int(bound: number): number;
  pick<Value>(values: readonly Value[]): Value;
  chance(probability: number): boolean;
}

/** mulberry32 */
export function createSeeded(
  seed = Number(env['ROOMKEY_SEED'] ?? Math.floor(Math.random() * 2 ** 31)),
): Seeded {
  let state = seed;
  function next(): number {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
  return {
    seed,
    int: (bound) => Math.floor(next() * bound),
    pick: (values) => values[Math.floor(next() * values.length)] as (typeof values)[number],
    chance: (probability) => next() < probability,
  };
}
