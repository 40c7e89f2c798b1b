import { parseArgs } from 'node:util';
import { EXIT } from '@roomkey/experiment';

export interface LabOptions {
  /** What is made of results that are there; undefined: experiments are listed or carried out. */
  readonly command: 'report' | 'table' | undefined;
  readonly experiments: readonly string[];
  readonly quick: boolean;
  readonly json: boolean;
  readonly help: boolean;
  /** Undefined: the usual place. */
  readonly out: string | undefined;
}

/** The command line is not one that can be run; the message says what would be. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const USAGE = `Tries what articles claim for tokens against sessions. What is found decides no exit code.

  npx -y pnpm@12 lab                                                      lists the experiments and what they try
  npx -y pnpm@12 lab <name…> | all [--quick] [--json] [--out <folder>]    carries them out
  npx -y pnpm@12 lab report [--out <folder>]                              makes the page anew of the results that are there
  npx -y pnpm@12 lab table                                                writes the verdicts of results/ into the README at the root

  --quick         fewer rounds: all of them in under 15 minutes
  --json          each result is one line of JSON; of an experiment that could not be carried out, its name and the error
  --out <folder>  where results and report go; .roomkey-lab in the project unless given
  -h, --help      this text

Exit code:
  ${EXIT.good}  every experiment was carried out, whatever it found
  ${EXIT.wrongUse}  wrong use
  ${EXIT.notCarriedOut}  an experiment could not be carried out, or the report not be made
  128 + the number of the signal after an interruption
`;

const RIGHT = { report: 'lab report [--out <folder>]', table: 'lab table' } as const;

/**
 * Names of experiments are not looked at.
 *
 * @param args what follows the command's name
 * @throws {UsageError}
 */
export function parseOptions(args: readonly string[]): LabOptions {
  const { values, positionals } = parseKnown(args);
  const { quick = false, json = false, help = false, out } = values;
  if (out === '') throw new UsageError('--out needs the name of a folder.');
  const command = (['report', 'table'] as const).find((one) => positionals.includes(one));
  if (help || command === undefined) return { command, experiments: positionals, quick, json, help, out };
  const { out: _out, ...others } = values;
  const options = Object.keys(command === 'report' ? others : values).map((name) => `--${name}`);
  const surplus = [...positionals.toSpliced(positionals.indexOf(command), 1), ...options];
  if (surplus.length > 0)
    throw new UsageError(`"${command}" stands without ${surplus.join(' ')}: ${RIGHT[command]}.`);
  return { command, experiments: [], quick, json, help, out };
}

function parseKnown(args: readonly string[]) {
  try {
    return parseArgs({
      // pnpm hands on the "--" of `pnpm lab -- weight`.
      args: args[0] === '--' ? args.slice(1) : [...args],
      allowPositionals: true,
      options: {
        quick: { type: 'boolean' },
        json: { type: 'boolean' },
        out: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    // Its first sentence names the option; a second one, about "--", is for programs that take names of files.
    const [sentence = ''] = (error as Error).message.split(/\. |\n/, 1);
    throw new UsageError(
      `${sentence.replace(/\.$/, '')}. There are --quick, --json, --out <folder> and --help.`,
    );
  }
}
