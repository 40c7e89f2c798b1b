import { stderr, stdout } from 'node:process';
import { choose } from './choice.ts';
import { EXIT } from './exit-codes.ts';
import type { Experiment, Outcome } from './experiment.ts';
import { helpText } from './help.ts';
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
 * with progress on stderr and results on stdout; with `--json` each result is one line of JSON, the last line the last one's: of one
 * that could not be carried out `{ [kind]: name, error: message }`.
 * When it is interrupted, or who started it is gone, it ends what the experiment has begun; the process has to exit then with
 * the code that is returned, for the experiment itself is left where it stands.
 *
 * @param kind what one of them is called, such as `drill`
 * @returns the exit code: one of `EXIT`, or 128 + the signal after an interruption. One that could not be carried out outweighs one
 * whose result is not good
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
    return EXIT.wrongUse;
  }
  const { chosen, isJson, isHelp } = choice;
  if (isHelp) {
    stdout.write(helpText(kind));
    return EXIT.good;
  }
  if (chosen.length === 0) {
    for (const { name, claim } of experiments) stdout.write(`${name.padEnd(20)} ${claim}\n`);
    return EXIT.good;
  }
  await reading.prepare?.();
  const print = (name: string, result: object): void => {
    stdout.write(`${JSON.stringify({ [kind]: name, ...result })}\n`);
  };
  let current = '';
  const tellFailure = (error: unknown): void => {
    if (isJson) print(current, { error: messageOf(error) });
  };
  return untilInterrupted(async (interrupted) => {
    let code: number = EXIT.good;
    for (const experiment of chosen) {
      current = experiment.name;
      try {
        const result = await carryOut(experiment, reading, interrupted);
        if (interrupted.aborted) break;
        if (isJson) print(current, result);
        else stdout.write(reading.tell(current, result));
        if (!reading.isGood(result)) code = Math.max(code, EXIT.missed);
      } catch (error) {
        if (interrupted.aborted) break;
        stderr.write(`The ${kind} ${current} could not be carried out: ${messageOf(error)}\n`);
        tellFailure(error);
        code = EXIT.notCarriedOut;
      }
    }
    // The exit code of an interruption takes the place of this one.
    return code;
  }, tellFailure);
}

async function carryOut<Result>(
  { name, claim, run }: Experiment<Result>,
  { keep }: Reading<Result>,
  interrupted: AbortSignal,
): Promise<Result> {
  const startedAt = Date.now();
  stderr.write(`${name}: ${claim}\n`);
  const result = await run((line) => {
    if (!interrupted.aborted) stderr.write(`  ${since(startedAt)}  ${line}\n`);
  });
  if (!interrupted.aborted) await keep?.(result);
  return result;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function summary(name: string, { figures, goal, ok }: Outcome): string {
  const lines = Object.entries(figures).map(([key, value]) => `  ${key.padEnd(24)} ${JSON.stringify(value)}`);
  return [`${name}: ${ok ? 'holds' : 'DOES NOT HOLD'}`, ...lines, `  goal: ${goal}`, ''].join('\n');
}

function since(startedAt: number): string {
  return `${((Date.now() - startedAt) / 1_000).toFixed(1)} s`.padStart(8);
}
