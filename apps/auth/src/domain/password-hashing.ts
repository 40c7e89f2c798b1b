import { hash, parseOptions } from '@node-rs/argon2';
import { createHashingThreads } from './hashing-threads.ts';

/** argon2id at the configured cost, off the event loop, after all else, never more at once than the machine bears (security 118). */
export interface PasswordHashing {
  hash(password: string): Promise<string | typeof BUSY>;
  /** Takes as long for a user who does not exist: pass undefined. */
  verify(stored: string | undefined, password: string): Promise<boolean | typeof BUSY>;
  /** Whether a stored hash was made at another cost than today's. */
  isOutdated(stored: string): boolean;
}

/** More work is waiting than may wait. */
export const BUSY = Symbol('busy');

export interface PasswordHashingOptions {
  readonly memoryKib: number;
  readonly passes: number;
  readonly maxConcurrent: number;
  readonly maxQueued: number;
}

export async function createPasswordHashing(options: PasswordHashingOptions): Promise<PasswordHashing> {
  // argon2id and version 0x13 are the library's defaults.
  const cost = { memoryCost: options.memoryKib, timeCost: options.passes, parallelism: 1 };
  const threads = createHashingThreads();
  const bounded = createBound(options.maxConcurrent, options.maxQueued);
  // Of a password nobody can know or type: the work is done, and never matches.
  const nobody = await hash(crypto.getRandomValues(new Uint8Array(32)), cost);
  return {
    hash: (password) => bounded(() => threads.hash(password, cost)),
    async verify(stored, password) {
      const matches = await bounded(() => threads.verify(stored ?? nobody, password));
      return stored === undefined && matches !== BUSY ? false : matches;
    },
    isOutdated(stored) {
      const { memoryCost, timeCost, parallelism } = parseOptions(stored);
      return memoryCost !== cost.memoryCost || timeCost !== cost.timeCost || parallelism !== cost.parallelism;
    },
  };
}

function createBound(maxConcurrent: number, maxQueued: number) {
  const waiting: (() => void)[] = [];
  let running = 0;

  return async function bounded<Result>(work: () => Promise<Result>): Promise<Result | typeof BUSY> {
    if (running >= maxConcurrent) {
      if (waiting.length >= maxQueued) return BUSY;
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else running += 1;
    try {
      return await work();
    } finally {
      // The place is handed on, not given back, so that nobody can slip in between.
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}
