import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * Makes a look that runs one at a time. Calls that come before a run begins are all answered by it; calls during a run by one
 * more run after it: what they want to see may have happened after the run under way had begun.
 *
 * @param minGapMs shortest time from one begin to the next: bounds what a flood of calls can cause, and delays a second call
 *   by no more than this
 */
export function coalesce<Result>(look: () => Promise<Result>, minGapMs = 0): () => Promise<Result> {
  let last: Promise<unknown> = Promise.resolve();
  let lastBeganAtMs = -Infinity;
  let waiting: Promise<Result> | undefined;

  async function begin(): Promise<Result> {
    await last.catch(() => undefined);
    const restMs = lastBeganAtMs + minGapMs - performance.now();
    if (restMs > 0) await delay(Math.ceil(restMs));
    lastBeganAtMs = performance.now();
    waiting = undefined;
    const run = look();
    last = run;
    return run;
  }

  return () => {
    waiting ??= begin();
    return waiting;
  };
}
