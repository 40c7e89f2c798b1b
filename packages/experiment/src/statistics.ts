export interface Summary {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Nearest-rank percentiles, rounded to hundredths. */
export function summarize(values: readonly number[]): Summary {
  const sorted = values.toSorted((a, b) => a - b);
  return { count: sorted.length, p50: rank(sorted, 0.5), p99: rank(sorted, 0.99), max: rank(sorted, 1) };
}

/** A value of many rounds: the middle one, and the quarter of the rounds below and above it. */
export interface Spread {
  readonly median: number;
  readonly quartiles: readonly [number, number];
  readonly rounds: number;
}

export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  return {
    median: rank(sorted, 0.5),
    quartiles: [rank(sorted, 0.25), rank(sorted, 0.75)],
    rounds: sorted.length,
  };
}

/** Ours by theirs, round by round: what a noisy machine does to both sides of a round falls out. */
export function ratio(ours: readonly number[], theirs: readonly number[]): Spread {
  return spread(ours.map((value, turn) => value / (theirs[turn] ?? NaN)));
}

export function round(value: number): number {
  return Math.round(value * 100) / 100;
}

function rank(sorted: readonly number[], share: number): number {
  return round(sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN);
}
