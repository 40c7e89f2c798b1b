import { parseArgs } from 'node:util';

export interface DemoOptions {
  readonly once: boolean;
  readonly fresh: boolean;
  readonly help: boolean;
  readonly replicas: number;
  /** 0 takes a free one. */
  readonly port: number;
  /** Undefined: the usual place. */
  readonly dataDir: string | undefined;
  /** Origin of a system that runs already, to be visited; undefined: one is started. */
  readonly against: string | undefined;
}

/** The command line is not one that can be run; the message says what would be. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const MAX_REPLICAS = 8;

export const USAGE = `Starts the whole system on this machine and gives a tour of it.

  npx -y pnpm@12 demo [options]

  --once          leave after the tour: 0 when every step held, 1 and the name of the step that failed otherwise
  --replicas N    replicas of each service, 1 to ${MAX_REPLICAS}; 2 unless given, which is what the whole tour needs
  --port N        port of the gateway; 8080 unless given here or as PORT; 0 takes a free one
  --data DIR      folder for everything that is kept; .roomkey in the project unless given
  --fresh         erase that folder first
  --against URL   start nothing and give the tour of a system that runs already, such as http://127.0.0.1:8080; then leave
  --help          this text
`;

/**
 * @param args what follows the command's name
 * @throws {UsageError}
 */
export function parseOptions(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): DemoOptions {
  const values = parseKnown(args);
  return {
    once: values.once,
    fresh: values.fresh,
    help: values.help,
    replicas: integer('--replicas', values.replicas ?? '2', 1, MAX_REPLICAS),
    port:
      values.port === undefined
        ? integer('PORT', env['PORT'] ?? '8080', 0, 65_535)
        : integer('--port', values.port, 0, 65_535),
    dataDir: directory(values.data),
    against: origin(values),
  };
}

function parseKnown(args: readonly string[]) {
  try {
    return parseArgs({
      // pnpm hands on the "--" of `pnpm demo -- --once`.
      args: args[0] === '--' ? args.slice(1) : [...args],
      options: {
        once: { type: 'boolean', default: false },
        fresh: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
        replicas: { type: 'string' },
        port: { type: 'string' },
        data: { type: 'string' },
        against: { type: 'string' },
      },
    }).values;
  } catch (error) {
    // Its sentences name the option; a second one, about "--", is for programs that take names of files.
    const [sentence = ''] = (error as Error).message.split(/\. |\n/, 1);
    throw new UsageError(`${sentence.replace(/\.$/, '')}.`);
  }
}

function integer(name: string, text: string, minimum: number, maximum: number): number {
  const value = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  if (value >= minimum && value <= maximum) return value;
  throw new UsageError(`${name} must be a whole number from ${minimum} to ${maximum}, not "${text}".`);
}

/** What is only visited can be told neither where nor how to run. */
function origin({
  against,
  help: _help,
  once: _once,
  ...own
}: ReturnType<typeof parseKnown>): string | undefined {
  if (against === undefined) return undefined;
  const other = Object.entries(own).find(([, value]) => value !== undefined && value !== false)?.[0];
  if (other !== undefined) throw new UsageError(`--${other} makes no sense beside --against.`);
  const url = URL.parse(against);
  if (url !== null && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/`) return url.origin;
  throw new UsageError(`--against needs an origin such as http://127.0.0.1:8080, not "${against}".`);
}

function directory(given: string | undefined): string | undefined {
  if (given === '') throw new UsageError('--data needs the name of a folder.');
  return given;
}
