import { stderr, stdout } from 'node:process';
import { choose } from './choice.ts';
import type { Experiment, Outcome } from './experiment.ts';
import { untilInterrupted } from './until-interrupted.ts';

/** What becomes of the results of a set of experiments. */
export interface Reading<Result> {
  /** Whether it is as wanted: what the exit code says. */
  readonly isGood: (result: Result) => boolean;
  /** A result for the terminal. */
  readonly tell: (name: string, result: Result) => string;
  /** Called before the first is carried out, once it is clear which are. */
  readonly prepare?: () => Promise<void>;
  /** Keeps a result: never one that an interruption has spoilt. */
  readonly keep?: (result: Result) => Promise<void>;
}

/**
 * The command line of a set of experiments with goals: `runExperiments`, where every goal has to hold.
 *
 * @param kind what one of them is called, such as `drill`
 */
export function runCommand(
  kind: string,
  experiments: readonly Experiment[],
  args: readonly string[],
): Promise<number> {
  return runExperiments(kind, experiments, args, { isGood: ({ ok }) => ok, tell: summary });
}

/**
 * The command line of a set of experiments. Without a name it lists them; `<name…>` or `all` runs them one after the other,
 * with progress on stderr and results on stdout; with `--json` each result is one line of JSON, the last line the last one's.
 * When it is interrupted, or who started it is gone, it ends what the experiment has begun; the process has to exit then with
 * the code that is returned, for the experiment itself is left where it stands.
 *
 * @param kind what one of them is called, such as `drill`
 * @returns the exit code: 0 where every result is good, 1 where one is not or could not be had, 2 for a command line that cannot
 * be run, 128 + the signal after an interruption
 */
export async function runExperiments<Result extends object>(
  kind: string,
  experiments: readonly Experiment<Result>[],
  args: readonly string[],
  reading: Reading<Result>,
): Promise<number> {
  const choice = choose(kind, experiments, args);
  if ('refusal' in choice) {
    stderr.write(`${choice.refusal}\n`);
    return 2;
  }
  const { chosen, isJson } = choice;
  if (chosen.length === 0) {
    for (const { name, claim } of experiments) stdout.write(`${name.padEnd(20)} ${claim}\n`);
    return 0;
  }
  await reading.prepare?.();
  return untilInterrupted(async (interrupted) => {
    let isGood = true;
    for (const experiment of chosen) {
      const result = await carryOut(kind, experiment, reading, interrupted);
      // The exit code is the interruption's then.
      if (interrupted.aborted) return 1;
      if (result === undefined) {
        isGood = false;
        continue;
      }
      const { name } = experiment;
      stdout.write(isJson ? `${JSON.stringify({ [kind]: name, ...result })}\n` : reading.tell(name, result));
      isGood = reading.isGood(result) && isGood;
    }
    return isGood ? 0 : 1;
  });
}

async function carryOut<Result>(
  kind: string,
  { name, claim, run }: Experiment<Result>,
  { keep }: Reading<Result>,
  interrupted: AbortSignal,
): Promise<Result | undefined> {
  const startedAt = Date.now();
  stderr.write(`${name}: ${claim}\n`);
  try {
    const result = await run((line) => {
      if (!interrupted.aborted) stderr.write(`  ${since(startedAt)}  ${line}\n`);
    });
    if (!interrupted.aborted) await keep?.(result);
    return result;
  } catch (error) {
    if (interrupted.aborted) return undefined;
    const why = error instanceof Error ? error.message : String(error);
    stderr.write(`The ${kind} ${name} could not be carried out: ${why}\n`);
    return undefined;
  }
}

function summary(name: string, { figures, goal, ok }: Outcome): string {
  const lines = Object.entries(figures).map(([key, value]) => `  ${key.padEnd(24)} ${JSON.stringify(value)}`);
  return [`${name}: ${ok ? 'holds' : 'DOES NOT HOLD'}`, ...lines, `  goal: ${goal}`, ''].join('\n');
}

function since(startedAt: number): string {
  return `${((Date.now() - startedAt) / 1_000).toFixed(1)} s`.padStart(8);
}
