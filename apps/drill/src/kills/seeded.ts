import { randomInt } from 'node:crypto';
import { env } from 'node:process';

/** Choices that can be made again: `ROOMKEY_SEED=… pnpm drill kills`. */
export class Seeded {
  readonly seed: number;
  #state: number;

  constructor(seed = Number(env['ROOMKEY_SEED'] ?? randomInt(2 ** 31))) {
    this.seed = seed;
    this.#state = seed;
  }

  /** 0 ≤ n < 1, by mulberry32. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  pick<Value>(values: readonly Value[]): Value {
    return values[Math.floor(this.next() * values.length)] as Value;
  }
}
