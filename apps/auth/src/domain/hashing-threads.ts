import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

export type HashingTask =
  | { readonly kind: 'hash'; readonly password: string; readonly cost: HashingCost }
  | { readonly kind: 'verify'; readonly password: string; readonly stored: string };

export interface HashingCost {
  readonly memoryCost: number;
  readonly timeCost: number;
  readonly parallelism: number;
}

export interface HashingThreads {
  hash(password: string, cost: HashingCost): Promise<string>;
  verify(stored: string, password: string): Promise<boolean>;
}

/**
 * Threads that hash at the lowest priority: whatever answers at once, here and in the services beside, goes first, and hashing
 * has what is left of every core. Node's own pool does not do, for it hashes as urgently as it reads files. As many threads
 * are made as are wanted at once, and kept.
 */
export function createHashingThreads(): HashingThreads {
  const idle: Worker[] = [];

  async function run(task: HashingTask): Promise<unknown> {
    const thread = idle.pop() ?? new Worker(new URL('./hashing-thread.ts', import.meta.url));
    thread.ref();
    // Rejects with the thread's fault, which is then not used again.
    thread.postMessage(task, []);
    const [result] = (await once(thread, 'message')) as [unknown];
    thread.unref();
    idle.push(thread);
    return result;
  }

  return {
    hash: async (password, cost) => (await run({ kind: 'hash', password, cost })) as string,
    verify: async (stored, password) => (await run({ kind: 'verify', stored, password })) as boolean,
  };
}
