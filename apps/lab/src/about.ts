const DIGITS = 2;

/** A measured figure as a sentence says it: to two digits, since no more of it would come again. The tables have all. */
export function about(value: number): number {
  return Number(value.toPrecision(DIGITS));
}
