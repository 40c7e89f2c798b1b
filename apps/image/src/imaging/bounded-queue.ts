export interface QueueLimits {
  readonly maxRunning: number;
  readonly maxWaiting: number;
}

/** Runs few tasks at a time and lets few wait; whoever comes after that is told so at once. */
export class BoundedQueue {
  readonly #limits: QueueLimits;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(limits: QueueLimits) {
    this.#limits = limits;
  }

  /** @returns what the task gives, or `busy` without having started it */
  async run<Result>(task: () => Promise<Result>): Promise<Result | 'busy'> {
    if (this.#running >= this.#limits.maxRunning) {
      if (this.#waiting.length >= this.#limits.maxWaiting) return 'busy';
      // The place is handed over by whoever leaves it, so nobody who comes later can take it first.
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else {
      this.#running += 1;
    }
    try {
      return await task();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running -= 1;
    }
  }
}
