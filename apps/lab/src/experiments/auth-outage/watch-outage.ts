import { setTimeout as pause } from 'node:timers/promises';
import type { Bench } from '../../finding.ts';
import type { Side } from './sides.ts';

export const BIN_SECONDS = 0.5;
const EVERY_MS = 50;
/** A guest does not wait longer for a page. */
const PATIENCE_MS = 1_000;

export interface Plan {
  readonly beforeSeconds: number;
  readonly awaySeconds: number;
  readonly afterSeconds: number;
}

export interface Bin {
  /** Since the outage began; before it, less than nothing. */
  readonly atSeconds: number;
  readonly asked: number;
  readonly answered: number;
}

export interface Watched {
  readonly name: string;
  readonly what: string;
  readonly bins: readonly Bin[];
  /** Whether somebody could sign in meanwhile. */
  readonly signsIn: boolean;
}

/** All sides at once: a read every so often, before, while and after what they need is away. */
export function watchOutage(
  sides: readonly Side[],
  plan: Plan,
  progress: Bench['progress'],
): Promise<readonly Watched[]> {
  progress(`what knows the signed-in is away for ${plan.awaySeconds} s`);
  return Promise.all(sides.map((side) => watch(side, plan, progress)));
}

async function watch(side: Side, plan: Plan, progress: Bench['progress']): Promise<Watched> {
  const reads: { readonly at: number; readonly isAnswered: boolean }[] = [];
  const stopping = new AbortController();
  const running: Promise<void>[] = [];
  const readOnce = async (): Promise<void> => {
    const at = performance.now();
    reads.push({ at, isAnswered: await isAnswered(side) });
  };
  const readOn = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      running.push(readOnce());
      await pause(EVERY_MS);
    }
  };
  const reading = readOn();
  await pause(plan.beforeSeconds * 1_000);
  await side.takeAway();
  const begin = performance.now();
  await pause((plan.awaySeconds * 1_000) / 2);
  const signsIn = await isSignedIn(side);
  await pause(Math.max(0, begin + plan.awaySeconds * 1_000 - performance.now()));
  await side.giveBack();
  await pause(plan.afterSeconds * 1_000);
  stopping.abort();
  await reading;
  await Promise.all(running);
  progress(
    `${side.name}: watched; ${reads.filter((one) => !one.isAnswered).length} of ${reads.length} reads not answered`,
  );
  return { name: side.name, what: side.what, bins: binsOf(reads, begin), signsIn };
}

async function isAnswered({ port, headers }: Side): Promise<boolean> {
  const sent = headers();
  if (sent === undefined) return false;
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/documents`, {
      headers: sent,
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    await answer.arrayBuffer();
    return answer.status === 200;
  } catch {
    return false;
  }
}

async function isSignedIn(side: Side): Promise<boolean> {
  const givenUp = pause(PATIENCE_MS, false);
  const tried = side.signIn().then(
    () => true,
    () => false,
  );
  return Promise.race([tried, givenUp]);
}

function binsOf(reads: readonly { at: number; isAnswered: boolean }[], begin: number): readonly Bin[] {
  const bins = new Map<number, { asked: number; answered: number }>();
  for (const { at, isAnswered: answered } of reads) {
    const bin = Math.floor((at - begin) / 1_000 / BIN_SECONDS) * BIN_SECONDS;
    const counts = bins.get(bin) ?? { asked: 0, answered: 0 };
    counts.asked += 1;
    counts.answered += answered ? 1 : 0;
    bins.set(bin, counts);
  }
  return [...bins].toSorted(([a], [b]) => a - b).map(([atSeconds, counts]) => ({ atSeconds, ...counts }));
}
