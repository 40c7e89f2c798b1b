import { stderr, stdout } from 'node:process';
import type { Experiment, Outcome } from './experiment.ts';

/** How the results of a set of experiments are read. */
export interface Reading<Result> {
  /** Whether it is as wanted: what the exit code says. */
  readonly isGood: (result: Result) => boolean;
  /** A result for the terminal. */
  readonly tell: (name: string, result: Result) => string;
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
 *
 * @param kind what one of them is called, such as `drill`
 * @returns the exit code: 0 where every result is good, 1 where one is not or could not be had, 2 for a wrong name
 */
export async function runExperiments<Result extends object>(
  kind: string,
  experiments: readonly Experiment<Result>[],
  args: readonly string[],
  reading: Reading<Result>,
): Promise<number> {
  const isJson = args.includes('--json');
  const names = args.filter((arg) => arg !== '--json');
  if (names.length === 0) {
    for (const { name, claim } of experiments) stdout.write(`${name.padEnd(20)} ${claim}\n`);
    return 0;
  }
  const chosen = names[0] === 'all' && names.length === 1 ? experiments : byName(experiments, names);
  if (!('length' in chosen)) {
    const known = experiments.map(({ name }) => name).join(', ');
    stderr.write(`There is no ${kind} "${chosen.unknown}". There are: ${known}.\n`);
    return 2;
  }
  let isGood = true;
  for (const experiment of chosen) {
    const result = await carryOut(kind, experiment);
    if (result === undefined) {
      isGood = false;
      continue;
    }
    const { name } = experiment;
    stdout.write(isJson ? `${JSON.stringify({ [kind]: name, ...result })}\n` : reading.tell(name, result));
    isGood = reading.isGood(result) && isGood;
  }
  return isGood ? 0 : 1;
}

function byName<Result>(
  experiments: readonly Experiment<Result>[],
  names: readonly string[],
): readonly Experiment<Result>[] | { readonly unknown: string } {
  const found: Experiment<Result>[] = [];
  for (const name of names) {
    const experiment = experiments.find((one) => one.name === name);
    if (experiment === undefined) return { unknown: name };
    found.push(experiment);
  }
  return found;
}

async function carryOut<Result>(kind: string, experiment: Experiment<Result>): Promise<Result | undefined> {
  const startedAt = Date.now();
  stderr.write(`${experiment.name}: ${experiment.claim}\n`);
  try {
    return await experiment.run((line) => stderr.write(`  ${since(startedAt)}  ${line}\n`));
  } catch (error) {
    stderr.write(
      `The ${kind} ${experiment.name} could not be carried out: ${error instanceof Error ? error.message : String(error)}\n`,
    );
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
