import { kill } from 'node:process';
import { setTimeout as wait } from 'node:timers/promises';
import { startPostgres, type EmbeddedPostgres } from '@roomkey/embedded-postgres';
import { Client } from 'pg';
import { HOST } from './ports.ts';
import type { OnSystemEvent } from './system-event.ts';

interface DatabaseServerOptions {
  /** Folder for its data, one that its user can enter. */
  readonly folder: string;
  /** The same at every start, for the services keep the URLs they were given. */
  readonly port: number;
  readonly maxConnections: number;
  readonly onEvent: OnSystemEvent;
}

const RETRY_MS = 250;

/** The PostgreSQL server of the system: watched, and started anew when it dies. */
export class DatabaseServer {
  readonly #options: DatabaseServerOptions;
  #server: EmbeddedPostgres | undefined;
  #starting: Promise<EmbeddedPostgres> | undefined;
  #wanted = false;

  constructor(options: DatabaseServerOptions) {
    this.#options = options;
  }

  get pid(): number | undefined {
    return this.#server?.pid;
  }

  get origin(): string {
    return `postgres://${HOST}:${this.#options.port}`;
  }

  /** @param signal gives the start up; it then throws, and nothing is left of it */
  async start(signal?: AbortSignal): Promise<void> {
    this.#wanted = true;
    await this.#launch(signal);
  }

  /** Makes a service's database and role unless they exist, and returns the URL that stays the same. */
  async createDatabase(name: string): Promise<string> {
    if (this.#server === undefined) throw new Error('PostgreSQL does not run');
    return this.#server.createDatabase(name);
  }

  /** Takes one service's database away from it, as if its server were gone, until disposed. */
  async withdraw(name: string): Promise<AsyncDisposable> {
    await this.#asSuperuser(`alter database ${name} allow_connections false`);
    await this.#asSuperuser(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`,
    );
    return {
      [Symbol.asyncDispose]: () => this.#asSuperuser(`alter database ${name} allow_connections true`),
    };
  }

  async #asSuperuser(statement: string): Promise<void> {
    const client = new Client(this.#server?.superuserUrl);
    await client.connect();
    try {
      await client.query(statement);
    } finally {
      await client.end();
    }
  }

  /** Ends it in order; within the grace, or by a crash stop from which the next start recovers. */
  async stop(graceMs: number): Promise<void> {
    this.#wanted = false;
    const server = this.#server ?? (await this.#starting?.catch(() => undefined));
    if (server === undefined) return;
    const stopped = server.stop();
    const patience = new AbortController();
    await Promise.race([
      stopped,
      wait(graceMs, undefined, { signal: patience.signal }).catch(() => undefined),
    ]);
    patience.abort();
    if (this.#server !== undefined) signalIfThere(server.pid, 'SIGQUIT');
    await stopped;
  }

  async #launch(signal?: AbortSignal): Promise<void> {
    const { folder, port, maxConnections } = this.#options;
    this.#starting = startPostgres({
      dataDir: folder,
      port,
      maxConnections,
      ...(signal && { signal }),
    });
    const server = await this.#starting;
    this.#server = server;
    void server.exited.then(() => this.#onEnd());
  }

  #onEnd(): void {
    this.#server = undefined;
    if (!this.#wanted) return;
    this.#options.onEvent({ kind: 'died', part: 'postgres', reason: 'its process is gone' });
    void this.#revive();
  }

  async #revive(): Promise<void> {
    const { onEvent } = this.#options;
    const diedAt = Date.now();
    await wait(RETRY_MS);
    if (!this.#wanted) return;
    try {
      await this.#launch();
      onEvent({ kind: 'back', part: 'postgres', tookMs: Date.now() - diedAt });
    } catch (error) {
      onEvent({ kind: 'given-up', part: 'postgres', reason: (error as Error).message });
    }
  }
}

function signalIfThere(pid: number, signal: NodeJS.Signals): void {
  try {
    kill(pid, signal);
  } catch {
    // It went meanwhile.
  }
}
