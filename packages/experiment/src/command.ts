import { stderr, stdout } from 'node:process';
import type { Experiment, Outcome } from './experiment.ts';

/**
 * The command line of a set of experiments. Without a name it lists them; `<name…>` or `all` runs them one after the other,
 * with progress on stderr and results on stdout; with `--json` each result is one line of JSON, the last line the last one's.
 *
 * @param kind what one of them is called, such as `drill`
 * @returns the exit code: 0 where every goal holds, 1 where one does not or could not be tried, 2 for a wrong name
 */
export async function runCommand(
  kind: string,
  experiments: readonly Experiment[],
  args: readonly string[],
): Promise<number> {
  const isJson = args.includes('--json');
  const names = args.filter((arg) => arg !== '--json');
  if (names.length === 0) {
    for (const { name, claim } of experiments) stdout.write(`${name.padEnd(16)} ${claim}\n`);
    return 0;
  }
  const chosen = names[0] === 'all' && names.length === 1 ? experiments : byName(experiments, names);
  if (!('length' in chosen)) {
    const known = experiments.map(({ name }) => name).join(', ');
    stderr.write(`There is no ${kind} "${chosen.unknown}". There are: ${known}.\n`);
    return 2;
  }
  let isGood = true;
  for (const experiment of chosen) isGood = (await carryOut(kind, experiment, isJson)) && isGood;
  return isGood ? 0 : 1;
}

function byName(
  experiments: readonly Experiment[],
  names: readonly string[],
): readonly Experiment[] | { readonly unknown: string } {
  const found: Experiment[] = [];
  for (const name of names) {
    const experiment = experiments.find((one) => one.name === name);
    if (experiment === undefined) return { unknown: name };
    found.push(experiment);
  }
  return found;
}

async function carryOut(kind: string, experiment: Experiment, isJson: boolean): Promise<boolean> {
  const startedAt = Date.now();
  stderr.write(`${experiment.name}: ${experiment.claim}\n`);
  try {
    const outcome = await experiment.run((line) => stderr.write(`  ${since(startedAt)}  ${line}\n`));
    stdout.write(
      isJson
        ? `${JSON.stringify({ [kind]: experiment.name, ...outcome })}\n`
        : summary(experiment.name, outcome),
    );
    return outcome.ok;
  } catch (error) {
    stderr.write(
      `The ${kind} ${experiment.name} could not be carried out: ${error instanceof Error ? error.message : String(error)}\n`,
    );
    return false;
  }
}

function summary(name: string, { figures, goal, ok }: Outcome): string {
  const lines = Object.entries(figures).map(([key, value]) => `  ${key.padEnd(24)} ${JSON.stringify(value)}`);
  return [`${name}: ${ok ? 'holds' : 'DOES NOT HOLD'}`, ...lines, `  goal: ${goal}`, ''].join('\n');
}

function since(startedAt: number): string {
  return `${((Date.now() - startedAt) / 1_000).toFixed(1)} s`.padStart(8);
}
