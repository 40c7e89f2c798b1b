import type { Surroundings } from '@roomkey/experiment';

type System = Surroundings['system'];

/** Kills replicas, and has each back before the next of its service is killed: somebody is always there. */
export class Killer {
  readonly #system: System;
  /** The last restart of each service. */
  readonly #restarts = new Map<string, Promise<void>>();
  readonly restartsMs: number[] = [];
  readonly byService: Record<string, number> = {};

  constructor(system: System) {
    this.#system = system;
  }

  /** SIGKILL for a replica at a moment; resolves when its process is gone and the next one is on its way. */
  async kill(service: string, replica: 1 | 2, moment: () => Promise<void>): Promise<void> {
    const before = this.#restarts.get(service) ?? Promise.resolve();
    const gone = Promise.withResolvers<void>();
    const restart = async (): Promise<void> => {
      await before;
      await moment();
      const name = `${service}-${replica}`;
      await this.#system.kill(name);
      gone.resolve();
      const killedAt = Date.now();
      // At once: its own patience grows with every death in a row.
      await this.#system.stop(name);
      await this.#system.start(name);
      this.restartsMs.push(Date.now() - killedAt);
      this.byService[service] = (this.byService[service] ?? 0) + 1;
    };
    const restarted = restart();
    this.#restarts.set(service, restarted);
    // What cannot be killed or started ends the drill, whoever waits for it first.
    await Promise.race([gone.promise, restarted]);
  }

  async untilAllAreBack(): Promise<void> {
    await Promise.all(this.#restarts.values());
  }
}
