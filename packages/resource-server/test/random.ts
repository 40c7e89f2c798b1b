import { randomInt } from 'node:crypto';
import { env, stdout } from 'node:process';

/** Choices that are the same for the same seed. */
export interface Random {
  /** A whole number from 0 up to but not including the bound. */
  readonly below: (bound: number) => number;
  readonly pick: <Item>(items: readonly Item[]) => Item;
  /** True once in so many times. */
  readonly onceIn: (times: number) => boolean;
}

/** The seed of a randomised test, printed; `ROOMKEY_SEED` replays one. */
export function announceSeed(what: string): number {
  const seed = Number(env['ROOMKEY_SEED'] ?? randomInt(2 ** 31));
  stdout.write(`${what}: ROOMKEY_SEED=${seed}\n`);
  return seed;
}

/** SplitMix32 (Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators", 2014). */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  function next(): number {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  }
  const below = (bound: number) => Math.floor((next() / 2 ** 32) * bound);
  return {
    below,
    pick(items) {
      const item = items[below(items.length)];
      if (item === undefined && items.length === 0) throw new Error('there is nothing to pick from');
      return item as (typeof items)[number];
    },
    onceIn: (times) => below(times) === 0,
  };
}
