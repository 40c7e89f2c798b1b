import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { execPath, kill } from 'node:process';
import { setTimeout as wait } from 'node:timers/promises';
import type { ChildLog } from './child-log.ts';

/** What to run: `node src/server.ts` in `folder`, with `env` and nothing else of this process's environment. */
export interface ChildSpec {
  readonly folder: string;
  /** Asked at each start. */
  readonly env: () => Readonly<Record<string, string>>;
  readonly log: ChildLog;
}

/** One process of a replica, from its start to its end. */
export interface Child {
  readonly pid: number;
  /** Resolves with the reason once the process is gone. */
  readonly ended: Promise<string>;
  /** Resolves when it listens, or is gone. */
  readonly listening: Promise<void>;
  readonly hasEnded: () => boolean;
  readonly signal: (name: NodeJS.Signals) => void;
  /** Asks with SIGTERM, insists with SIGKILL after the grace; resolves when the process is gone. */
  readonly stop: (graceMs: number) => Promise<void>;
}

export async function startChild({ folder, env, log }: ChildSpec): Promise<Child> {
  const output = await log.open();
  let process: ChildProcess;
  try {
    process = await spawnNode(folder, env(), output.fd);
  } finally {
    await output.close();
  }
  const { pid } = process;
  if (pid === undefined) throw new Error('a process without an id');

  const ended = new Promise<string>((resolve) => {
    process.once('exit', (code, signal) => {
      killGroup(pid);
      resolve(signal ?? `exit code ${code}`);
    });
  });
  const heard = new Promise<void>((resolve) => {
    process.on('message', (message) => {
      if (typeof message === 'object' && message !== null && 'listening' in message) resolve();
    });
  });
  const hasEnded = (): boolean => process.exitCode !== null || process.signalCode !== null;
  // A process that ends while it is written to: its end is told by `ended`.
  process.on('error', () => {});
  return {
    pid,
    ended,
    listening: Promise.race([heard, ended.then(() => undefined)]),
    hasEnded,
    signal: (name) => void process.kill(name),
    stop: async (graceMs) => {
      if (hasEnded()) return;
      process.kill('SIGTERM');
      const patience = new AbortController();
      await Promise.race([
        ended,
        wait(graceMs, undefined, { signal: patience.signal }).catch(() => undefined),
      ]);
      patience.abort();
      if (!hasEnded()) process.kill('SIGKILL');
      await ended;
    },
  };
}

async function spawnNode(
  cwd: string,
  env: Readonly<Record<string, string>>,
  output: number,
): Promise<ChildProcess> {
  const process = spawn(execPath, ['src/server.ts'], {
    cwd,
    env,
    // A group of its own: Ctrl-C is for the demo, which then stops its parts in order. The channel tells the child when
    // the demo is gone in any other way.
    detached: true,
    stdio: ['ignore', output, output, 'ipc'],
  });
  await once(process, 'spawn');
  return process;
}

/** A process that was killed could not end the helpers it had. */
function killGroup(leader: number): void {
  try {
    kill(-leader, 'SIGKILL');
  } catch {
    // Nobody is left in it.
  }
}
