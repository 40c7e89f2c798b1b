import { setTimeout as wait } from 'node:timers/promises';
import type { Answer, Client } from '../client.ts';

export interface LoadFigures {
  readonly answered: number;
  readonly failed: number;
  /** What the first failures were. */
  readonly failures: readonly string[];
  readonly servedBy: ReadonlyMap<string, number>;
}

const CONCURRENCY = 8;
/** Between two requests of one reader: the machine needs some of its time to start a process. */
const PAUSE_MS = 15;
const SHOWN_FAILURES = 3;
const POLL_MS = 10;

/** Reads of one guest, eight at a time, until stopped. Each is sent once; what is not 200 counts as failed. */
export class Load {
  readonly #client: Client;
  readonly #card: string;
  readonly #paths: readonly string[];
  readonly #workers: readonly Promise<void>[];
  readonly #failures: string[] = [];
  #servedBy = new Map<string, number>();
  #sent = 0;
  #answered = 0;
  #failed = 0;
  #stopping = false;

  constructor(client: Client, card: string, paths: readonly string[]) {
    this.#client = client;
    this.#card = card;
    this.#paths = paths;
    this.#workers = Array.from({ length: CONCURRENCY }, () => this.#work());
  }

  get figures(): LoadFigures {
    return {
      answered: this.#answered,
      failed: this.#failed,
      failures: this.#failures,
      servedBy: this.#servedBy,
    };
  }

  /** Counts anew who answers. */
  forgetReplicas(): void {
    this.#servedBy = new Map();
  }

  /** @returns false when it did not come to that in time */
  async until(condition: (figures: LoadFigures) => boolean, withinMs: number): Promise<boolean> {
    const deadline = Date.now() + withinMs;
    while (!condition(this.figures)) {
      if (Date.now() > deadline) return false;
      await wait(POLL_MS);
    }
    return true;
  }

  /** Lets the requests in flight end. */
  async stop(): Promise<LoadFigures> {
    this.#stopping = true;
    await Promise.all(this.#workers);
    return this.figures;
  }

  async #work(): Promise<void> {
    while (!this.#stopping) {
      const path = this.#paths[this.#sent++ % this.#paths.length] ?? '/';
      try {
        this.#count(await this.#client.request('GET', path, { card: this.#card }));
      } catch (error) {
        this.#fail(`GET ${path}: ${(error as Error).message}`);
      }
      await wait(PAUSE_MS);
    }
  }

  #count(answer: Answer): void {
    const { servedBy = 'the gateway', status, request } = answer;
    if (status !== 200) return this.#fail(`${request}: ${status} from ${servedBy}`);
    this.#answered += 1;
    this.#servedBy.set(servedBy, (this.#servedBy.get(servedBy) ?? 0) + 1);
  }

  #fail(what: string): void {
    this.#failed += 1;
    if (this.#failures.length < SHOWN_FAILURES) this.#failures.push(what);
  }
}
