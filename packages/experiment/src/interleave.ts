import type { Progress } from './experiment.ts';

/**
 * Measures several sides in turns, A B, B A, A B, …, so that what the machine does meanwhile falls on all of them alike.
 *
 * @param sides each measures once and gives its figure
 * @returns for each side the figure of each round, in the order of the rounds
 */
export async function interleave<Side extends string>(
  rounds: number,
  sides: Readonly<Record<Side, () => Promise<number>>>,
  progress: Progress,
): Promise<Record<Side, number[]>> {
  const names = Object.keys(sides) as Side[];
  const figures = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Side, number[]>;
  for (let turn = 0; turn < rounds; turn += 1) {
    for (const name of turn % 2 === 0 ? names : names.toReversed()) figures[name].push(await sides[name]());
    const seen = names.map((name) => `${name} ${figures[name].at(-1)?.toPrecision(4)}`);
    progress(`round ${turn + 1} of ${rounds}: ${seen.join(', ')}`);
  }
  return figures;
}
