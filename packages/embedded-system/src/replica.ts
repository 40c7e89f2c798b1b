import { setTimeout as wait } from 'node:timers/promises';
import { startChild, type Child, type ChildSpec } from './child.ts';
import type { OnSystemEvent } from './system-event.ts';

export interface ReplicaSpec extends ChildSpec {
  readonly name: string;
  /** The service it is a replica of. */
  readonly service: string;
  readonly origin: string;
  /** Path that answers 200 once it can do its work. */
  readonly readyPath: string;
}

const READY_WITHIN_MS = 60_000;
const POLL_MS = 10;
const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 5_000;
const MAX_RETRIES = 6;
/** A process that lived this long ends a row of failures. */
const STEADY_MS = 10_000;

/** One place in the system that a process should fill: started, watched, and started anew when it dies. */
export class Replica {
  readonly name: string;
  readonly service: string;
  readonly origin: string;
  readonly logFile: string;
  readonly #spec: ReplicaSpec;
  readonly #onEvent: OnSystemEvent;
  #spawning: Promise<Child> | undefined;
  #child: Child | undefined;
  #ready: Promise<void> | undefined;
  #starts = 0;
  #failures = 0;
  /** Aborted when the replica is no longer wanted. */
  #life = new AbortController();

  constructor(spec: ReplicaSpec, onEvent: OnSystemEvent) {
    this.name = spec.name;
    this.service = spec.service;
    this.origin = spec.origin;
    this.logFile = spec.log.file;
    this.#spec = spec;
    this.#onEvent = onEvent;
    this.#life.abort();
  }

  get pid(): number | undefined {
    return this.#child?.hasEnded() === false ? this.#child.pid : undefined;
  }

  /** How many processes have been started for it: one more after each death. */
  get starts(): number {
    return this.#starts;
  }

  /** Starts it unless it runs, and resolves when it is ready; throws with the end of its log when it does not get there. */
  async start(): Promise<void> {
    if (this.#life.signal.aborted) {
      this.#life = new AbortController();
      this.#failures = 0;
      this.#ready = this.#launch(this.#life.signal);
    }
    await this.whenReady();
  }

  /** Resolves when it is ready, be it after a restart that is under way; throws when it was stopped or given up. */
  async whenReady(): Promise<void> {
    if (this.#ready === undefined) throw new Error(`${this.name} is not started`);
    await this.#ready;
  }

  /** Sends a signal to its process; with one that ends it, the replica is started anew. */
  signal(name: NodeJS.Signals): void {
    if (this.pid === undefined) throw new Error(`${this.name} does not run`);
    this.#child?.signal(name);
  }

  /** Kills its process; resolves when that is gone and the next one is on its way. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.signal('SIGKILL');
    await child?.ended;
  }

  /** Ends it for good, or until the next `start`. */
  async stop(graceMs: number): Promise<void> {
    this.#life.abort();
    // A process that is just being spawned is there after the next turn.
    await this.#spawning?.catch(() => undefined);
    await this.#child?.stop(graceMs);
    await this.#ready?.catch(() => undefined);
    this.#ready = undefined;
  }

  async #launch(life: AbortSignal): Promise<void> {
    life.throwIfAborted();
    this.#starts += 1;
    this.#spawning = startChild(this.#spec);
    const child = await this.#spawning;
    this.#child = child;
    const startedAt = Date.now();
    try {
      await this.#untilReady(child, life);
    } catch (error) {
      // One that is not wanted any more is ended by `stop`, with its grace.
      if (!life.aborted) await child.stop(0);
      throw error;
    }
    void child.ended.then((reason) => this.#onEnd(reason, Date.now() - startedAt, life));
  }

  async #untilReady(child: Child, life: AbortSignal): Promise<void> {
    const deadline = AbortSignal.timeout(READY_WITHIN_MS);
    const given = AbortSignal.any([life, deadline]);
    const aborted = new Promise<void>((resolve) => {
      given.addEventListener('abort', () => resolve(), { once: true });
    });
    await Promise.race([child.listening, aborted]);
    while (!given.aborted && !child.hasEnded()) {
      if (await this.#isReady()) return;
      await wait(POLL_MS);
    }
    life.throwIfAborted();
    const what = child.hasEnded()
      ? `ended with ${await child.ended}`
      : `was not ready within ${READY_WITHIN_MS} ms`;
    throw new Error(
      `${this.name} ${what}. The last lines of ${this.logFile}:\n${await this.#spec.log.lastLines()}`,
    );
  }

  async #isReady(): Promise<boolean> {
    try {
      const response = await fetch(`${this.origin}${this.#spec.readyPath}`, {
        signal: AbortSignal.timeout(1_000),
      });
      await response.body?.cancel();
      return response.ok;
    } catch {
      return false;
    }
  }

  #onEnd(reason: string, livedMs: number, life: AbortSignal): void {
    if (life.aborted) return;
    if (livedMs >= STEADY_MS) this.#failures = 0;
    this.#onEvent({ kind: 'died', part: this.name, reason });
    this.#ready = this.#revive(life);
    this.#ready.catch(() => undefined);
  }

  async #revive(life: AbortSignal): Promise<void> {
    const diedAt = Date.now();
    for (;;) {
      await wait(Math.min(FIRST_RETRY_MS * 2 ** this.#failures, LAST_RETRY_MS), undefined, { signal: life });
      this.#failures += 1;
      try {
        await this.#launch(life);
        this.#onEvent({ kind: 'back', part: this.name, tookMs: Date.now() - diedAt });
        return;
      } catch (error) {
        life.throwIfAborted();
        if (this.#failures < MAX_RETRIES) continue;
        this.#life.abort();
        this.#onEvent({ kind: 'given-up', part: this.name, reason: (error as Error).message });
        throw error;
      }
    }
  }
}
