import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process, { execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import { vi } from 'vitest';

const PROGRAM = fileURLToPath(new URL('./some-drills.ts', import.meta.url));
const WITHIN = { timeout: 100_000, interval: 20 };

export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** The command of `some-drills.ts`, which keeps its temporary folders in one that the test can look into. */
export class DrillRun implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | NodeJS.Signals>;
  readonly #folder: string;
  stdout = '';
  stderr = '';

  private constructor(folder: string, command: readonly string[], env: Readonly<Record<string, string>>) {
    this.#folder = folder;
    const [program = execPath, ...args] = command;
    this.#child = spawn(program, args, {
      env: { ...process.env, ...env, TMPDIR: folder },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stdout?.on('data', (chunk: Buffer) => (this.stdout += chunk.toString()));
    this.#child.stderr?.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()));
    this.#ended = once(this.#child, 'close').then(
      ([code, signal]) => (code as number | null) ?? (signal as NodeJS.Signals),
    );
  }

  static async start(...words: readonly string[]): Promise<DrillRun> {
    return new DrillRun(await ownFolder(), [execPath, PROGRAM, ...words], {});
  }

  /** As pnpm starts a script: by way of a shell that waits for it. */
  static async startByPnpm(...words: readonly string[]): Promise<DrillRun> {
    const command = ['/bin/sh', '-c', '"$@"; exit $?', 'sh', execPath, PROGRAM, ...words];
    return new DrillRun(await ownFolder(), command, { npm_lifecycle_event: 'drill', npm_execpath: 'pnpm' });
  }

  /** Resolves with the process ids that stand behind this word on stderr. */
  async says(word: string): Promise<readonly number[]> {
    const line = new RegExp(`\\b${word}\\b(.*)\\n`);
    await vi.waitUntil(() => line.test(this.stderr) || this.#hasEnded(), WITHIN);
    const [, rest] = line.exec(this.stderr) ?? [];
    if (rest === undefined) throw new Error(`it ended without "${word}":\n${this.stderr}`);
    return [...rest.matchAll(/\d+/g)].map(Number);
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Resolves with the exit code, or the signal, once nobody can say anything any more. */
  end(): Promise<number | NodeJS.Signals> {
    return this.#ended;
  }

  /** Temporary folders that are there. */
  async folders(): Promise<readonly string[]> {
    // Programs of others, such as a cache of compiled code, may leave theirs.
    return (await readdir(this.#folder)).filter((name) => name.startsWith('roomkey-'));
  }

  #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#hasEnded()) this.#child.kill('SIGTERM');
    await this.#ended;
    await rm(this.#folder, { recursive: true, force: true });
  }
}

async function ownFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'experiment-'));
  // Started by root, PostgreSQL runs as another user, who must be able to pass.
  await chmod(folder, 0o711);
  return folder;
}
