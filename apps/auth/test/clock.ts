/** A clock that goes on only when it is told to. */
export interface TestClock {
  readonly now: () => Date;
  advance(seconds: number): void;
}

export function createClock(start = new Date()): TestClock {
  let atMs = start.getTime();
  return {
    now: () => new Date(atMs),
    advance(seconds) {
      atMs += seconds * 1_000;
    },
  };
}
