import { parseArgs } from 'node:util';

export interface LabOptions {
  /** What is made of results that are there; undefined: experiments are listed or carried out. */
  readonly command: 'report' | 'table' | undefined;
  readonly experiments: readonly string[];
  readonly quick: boolean;
  readonly json: boolean;
  /** Undefined: the usual place. */
  readonly out: string | undefined;
}

/** The command line is not one that can be run; the message says what would be. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const RIGHT = { report: 'lab report [--out <folder>]', table: 'lab table' } as const;

/**
 * Names of experiments are not looked at.
 *
 * @param args what follows the command's name
 * @throws {UsageError}
 */
export function parseOptions(args: readonly string[]): LabOptions {
  const { values, positionals } = parseKnown(args);
  const { quick = false, json = false, out } = values;
  if (out === '') throw new UsageError('--out needs the name of a folder.');
  const command = (['report', 'table'] as const).find((one) => positionals.includes(one));
  if (command === undefined) return { command, experiments: positionals, quick, json, out };
  const { out: _out, ...others } = values;
  const options = Object.keys(command === 'report' ? others : values).map((name) => `--${name}`);
  const surplus = [...positionals.toSpliced(positionals.indexOf(command), 1), ...options];
  if (surplus.length > 0)
    throw new UsageError(`"${command}" stands without ${surplus.join(' ')}: ${RIGHT[command]}.`);
  return { command, experiments: [], quick, json, out };
}

function parseKnown(args: readonly string[]) {
  try {
    return parseArgs({
      // pnpm hands on the "--" of `pnpm lab -- weight`.
      args: args[0] === '--' ? args.slice(1) : [...args],
      allowPositionals: true,
      options: { quick: { type: 'boolean' }, json: { type: 'boolean' }, out: { type: 'string' } },
    });
  } catch (error) {
    // Its first sentence names the option; a second one, about "--", is for programs that take names of files.
    const [sentence = ''] = (error as Error).message.split(/\. |\n/, 1);
    throw new UsageError(`${sentence.replace(/\.$/, '')}. There are --quick, --json and --out <folder>.`);
  }
}
