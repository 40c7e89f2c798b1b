import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyBaseLogger } from 'fastify';
import type { SweepOptions } from './domain/sweeper.ts';
import { sweep } from './domain/sweeper.ts';

export interface SweepingOptions extends Omit<SweepOptions, 'now'> {
  readonly periodSeconds: number;
  /** Whether it is this replica's turn; asked so that one of all replicas sweeps in each period. */
  readonly takeTurn: (periodSeconds: number) => Promise<boolean>;
  readonly log: Pick<FastifyBaseLogger, 'info' | 'warn'>;
}

/** Sweeps again and again until it is stopped; a sweep that fails is tried again in the next period. */
export function startSweeping({ periodSeconds, takeTurn, log, ...options }: SweepingOptions): {
  stop(): void;
} {
  const stopped = new AbortController();
  void (async () => {
    for (;;) {
      // Replicas start together; asking at different times, they take turns without waiting for each other.
      const pauseMs = periodSeconds * 1_000 * (0.5 + Math.random() / 2);
      if (!(await delay(pauseMs, true, { signal: stopped.signal, ref: false }).catch(() => false))) return;
      try {
        if (!(await takeTurn(periodSeconds))) continue;
        const removed = await sweep({ ...options, now: Date.now() });
        if (Object.values(removed).some((count) => count > 0)) log.info({ removed }, 'swept');
      } catch (error) {
        log.warn({ err: error }, 'a sweep did not end well');
      }
    }
  })();
  return { stop: () => stopped.abort() };
}
