import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import { expect, vi } from 'vitest';
import { familyOf, isAlive, processesNaming } from './processes.ts';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const SAYS_WITHIN_MS = 90_000;

/** A folder for data that does not exist yet, gone when the test is over. */
export async function scratchFolder(): Promise<{ readonly data: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'roomkey-demo-'));
  // Started by root, PostgreSQL runs as another user, who must be able to pass.
  await chmod(path, 0o711);
  return {
    data: join(path, 'data'),
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}

/** What `end` should give: this code, whatever it said. */
export const endOf = (code: number | NodeJS.Signals) => ({ code, output: expect.any(String) as string });

/** The real command, as a person would start it. */
export class DemoRun implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | NodeJS.Signals>;
  readonly #data: string;
  #output = '';

  constructor(data: string, ...options: readonly string[]) {
    this.#data = data;
    this.#child = spawn(execPath, [MAIN, '--data', data, ...options], { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.on('data', (chunk: Buffer) => (this.#output += chunk.toString()));
    this.#ended = once(this.#child, 'close').then(
      ([code, signal]) => (code as number | null) ?? (signal as NodeJS.Signals),
    );
  }

  get output(): string {
    return this.#output;
  }

  /** Resolves when it has said this; throws with what it said instead when it ended or took too long. */
  async says(text: string): Promise<void> {
    await vi.waitUntil(() => this.#output.includes(text) || this.#hasEnded(), {
      timeout: SAYS_WITHIN_MS,
      interval: 20,
    });
    if (!this.#output.includes(text)) throw new Error(`it ended without "${text}":\n${this.#output}`);
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** How it ended, and what it said, for the message of a test that expected another end. */
  async end(): Promise<{ readonly code: number | NodeJS.Signals; readonly output: string }> {
    return { code: await this.#ended, output: this.#output };
  }

  /** Every address on this machine that it named. */
  get ports(): number[] {
    return [...new Set([...this.#output.matchAll(/127\.0\.0\.1:(\d+)/g)].map(([, port]) => Number(port)))];
  }

  /** Everything that runs for it now, itself and the processes of its processes included. */
  async processes(): Promise<number[]> {
    const [, gateway] = /gateway .*127\.0\.0\.1:(\d+)/.exec(this.#output) ?? [];
    // PostgreSQL knows the folder, every service the issuer, and the gateway its port.
    const issuer = gateway === undefined ? [] : [`ISSUER=http://127.0.0.1:${gateway} `, ` PORT=${gateway} `];
    const own = await processesNaming([this.#data, ...issuer]);
    return familyOf(own);
  }

  /**
   * Resolves when neither a process nor a port of it is left.
   *
   * @param known processes that were there before it ended
   */
  async untilNothingIsLeft(known: readonly number[], withinMs: number): Promise<void> {
    await vi.waitUntil(
      async () => {
        const processes = [...(await this.processes()), ...known.filter(isAlive)];
        const open = await Promise.all(this.ports.map(isOpen));
        return processes.length === 0 && !open.includes(true);
      },
      { timeout: withinMs, interval: 50 },
    );
  }

  #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#hasEnded()) this.#child.kill('SIGTERM');
    await this.#ended;
  }
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
