import { setTimeout as delay } from 'node:timers/promises';

/** Reads that go on until it is disposed, each sent once; what is not 200 has failed. */
export interface Load extends AsyncDisposable {
  answered(): number;
  readonly failures: readonly string[];
  /** Answers of each replica, by path's first segment and replica. */
  readonly shares: ReadonlyMap<string, number>;
  /** Counts the shares anew. */
  forgetShares(): void;
  /** @throws when it takes longer than a minute and a half */
  until(condition: () => boolean): Promise<void>;
}

const CONCURRENCY = 8;
const PATIENCE_MS = 90_000;

export function startLoad(origin: string, paths: readonly string[], headers: Record<string, string>): Load {
  const failures: string[] = [];
  const shares = new Map<string, number>();
  let sent = 0;
  let answered = 0;
  const ending = new AbortController();
  const over = ending.signal;

  async function read(path: string): Promise<void> {
    try {
      const response = await fetch(`${origin}${path}`, { headers });
      const replica = response.headers.get('x-served-by') ?? 'the balancer';
      if (response.status !== 200)
        throw new Error(`${response.status} from ${replica}: ${await response.text()}`);
      await response.arrayBuffer();
      answered += 1;
      const by = `${path.split('/')[1]} ${replica}`;
      shares.set(by, (shares.get(by) ?? 0) + 1);
    } catch (error) {
      const { message, cause } = error as Error & { cause?: Error };
      failures.push(`${new Date().toISOString()} GET ${path}: ${message} ${cause?.message ?? ''}`);
    }
  }

  async function readOn(): Promise<void> {
    while (!over.aborted) await read(paths[sent++ % paths.length] ?? '/');
  }

  const readers = Array.from({ length: CONCURRENCY }, readOn);

  return {
    answered: () => answered,
    failures,
    shares,
    forgetShares: () => shares.clear(),
    async until(condition) {
      const deadline = Date.now() + PATIENCE_MS;
      while (!condition()) {
        if (Date.now() > deadline) throw new Error(`it did not come to that: ${condition.toString()}`);
        await delay(20);
      }
    },
    async [Symbol.asyncDispose]() {
      ending.abort();
      await Promise.all(readers);
    },
  };
}
