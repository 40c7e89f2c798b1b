import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from './client.ts';

export const ROOMS = ['image', 'profile', 'data'] as const;

/** Reads that a valid card gets through, one room each. */
export const ROOM_PATHS = {
  image: '/image/images',
  profile: '/profile/profiles?prefix=nobody',
  data: '/data/collections/experiment/documents',
} as const satisfies Record<(typeof ROOMS)[number], string>;

export interface LoadFigures {
  sent: number;
  refused: number;
  /** What the first refusals were. */
  readonly refusals: string[];
  readonly byReplica: Map<string, number>;
}

export interface LoadOptions {
  readonly client: Client;
  readonly concurrency: number;
  /** Between two requests of one reader. */
  readonly pauseMs: number;
  /** The card of the next request; undefined while there is none that lives. */
  readonly card: () => string | undefined;
}

const SHOWN_REFUSALS = 5;

/** A steady load of valid reads over all rooms until stopped; everything but 200 counts as refused. */
export class Load {
  readonly figures: LoadFigures = { sent: 0, refused: 0, refusals: [], byReplica: new Map() };
  readonly #readers: readonly Promise<void>[];
  #stopping = false;

  constructor(options: LoadOptions) {
    this.#readers = Array.from({ length: options.concurrency }, (_, at) => this.#read(options, at));
  }

  async stop(): Promise<LoadFigures> {
    this.#stopping = true;
    await Promise.all(this.#readers);
    return this.figures;
  }

  async #read({ client, pauseMs, card }: LoadOptions, start: number): Promise<void> {
    const paths = Object.values(ROOM_PATHS);
    for (let turn = start; !this.#stopping; turn += 1) {
      const path = paths[turn % paths.length] ?? '/';
      const current = card();
      if (current !== undefined) {
        this.figures.sent += 1;
        const seen = await client.call(path, { card: current }).catch((error: unknown) => error as Error);
        if (seen instanceof Error) this.#refuse(`${path}: ${seen.message}`);
        else if (seen.status !== 200)
          this.#refuse(`${path}: ${seen.status} from ${seen.servedBy ?? 'the gateway'}: ${seen.body}`);
        else this.#count(seen.servedBy ?? 'the gateway');
      }
      if (pauseMs > 0 || current === undefined) await pause(Math.max(pauseMs, 1));
    }
  }

  #count(replica: string): void {
    this.figures.byReplica.set(replica, (this.figures.byReplica.get(replica) ?? 0) + 1);
  }

  #refuse(what: string): void {
    this.figures.refused += 1;
    if (this.figures.refusals.length < SHOWN_REFUSALS) this.figures.refusals.push(what);
  }
}
