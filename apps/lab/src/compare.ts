const SIGNIFICANCE = 0.05;

/**
 * Whether ours is less than theirs, and not by chance: a sign test over the rounds, one-sided, at 5 %. Rounds in which the machine was
 * busy count like any other, and no more. Fewer than five rounds can show nothing.
 *
 * @param ours a figure a round, in the order of the rounds; `theirs` likewise
 */
export function isReliablyLess(ours: readonly number[], theirs: readonly number[]): boolean {
  const less = ours.filter((value, round) => value < (theirs[round] ?? NaN)).length;
  return chanceOfAtLeast(less, ours.length) <= SIGNIFICANCE;
}

/** That a fair coin shows heads as often, or more often. */
function chanceOfAtLeast(heads: number, tosses: number): number {
  let ways = 1;
  let sum = 0;
  for (let count = 0; count <= tosses; count += 1) {
    if (count >= heads) sum += ways;
    ways = (ways * (tosses - count)) / (count + 1);
  }
  return sum / 2 ** tosses;
}
