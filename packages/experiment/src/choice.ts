/** What the words of a command line choose among a set of experiments. */
import type { Experiment } from './experiment.ts';

/** What is wrong, and what would be right. */
export interface Refusal {
  readonly refusal: string;
}

export interface Choice<Result> {
  /** None: they are to be listed. */
  readonly chosen: readonly Experiment<Result>[];
  readonly isJson: boolean;
  /** How the command is used is asked, and nothing else counts. */
  readonly isHelp: boolean;
}

const JSON_OPTION = '--json';
const HELP_OPTIONS = new Set(['--help', '-h']);
const ALL = 'all';

/** @param kind what one of them is called, such as `drill` */
export function choose<Result>(
  kind: string,
  experiments: readonly Experiment<Result>[],
  args: readonly string[],
): Choice<Result> | Refusal {
  // pnpm hands on the "--" of `pnpm drill -- million`.
  const words = args[0] === '--' ? args.slice(1) : args;
  const names = words.filter((word) => !word.startsWith('-'));
  const options = words.filter((word) => word.startsWith('-'));
  const unknown = options.find((option) => option !== JSON_OPTION && !HELP_OPTIONS.has(option));
  if (unknown !== undefined)
    return { refusal: `There is no option ${unknown}. There are ${JSON_OPTION} and --help.` };
  const isJson = options.includes(JSON_OPTION);
  const isHelp = options.some((option) => HELP_OPTIONS.has(option));
  if (isHelp || names.length === 0) return { chosen: [], isJson, isHelp };
  const repeated = names.find((name, at) => names.indexOf(name) !== at);
  if (repeated !== undefined) return { refusal: `"${repeated}" is named twice. Once is enough.` };
  if (!names.includes(ALL)) return byName(kind, experiments, names, { isJson, isHelp });
  if (names.length === 1) return { chosen: experiments, isJson, isHelp };
  const others = names.filter((name) => name !== ALL).join(' ');
  return {
    refusal: `"${ALL}" is every ${kind} and stands alone. Leave it out, or leave out what stands beside it: ${others}.`,
  };
}

function byName<Result>(
  kind: string,
  experiments: readonly Experiment<Result>[],
  names: readonly string[],
  options: Omit<Choice<Result>, 'chosen'>,
): Choice<Result> | Refusal {
  const unknown = names.find((wanted) => !experiments.some(({ name }) => name === wanted));
  if (unknown !== undefined) {
    const known = experiments.map(({ name }) => name).join(', ');
    return { refusal: `There is no ${kind} "${unknown}". There are: ${known}; or ${ALL}.` };
  }
  return { chosen: names.flatMap((wanted) => experiments.filter(({ name }) => name === wanted)), ...options };
}
