import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { hold } from './leftovers.ts';

/** A server in a process of its own, whose processor time and memory can be read. */
export interface MeasuredProcess extends AsyncDisposable {
  readonly pid: number;
  readonly port: number;
  /** Processor time used so far, user and system, in microseconds. */
  cpuMicroseconds(): Promise<number>;
  /** Resident memory in MiB. */
  residentMib(): Promise<number>;
}

/**
 * Runs a module as a process: one that calls `reportPort`, or the `server.ts` of a service.
 *
 * It ends when disposed, when the command is interrupted, and when who started it is gone.
 *
 * @param module the URL of the module
 * @throws when it ends before it listens
 */
export async function startMeasuredProcess(
  module: URL,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<MeasuredProcess> {
  const { it, ...held } = await hold(() => launch(module, args, env));
  return { ...it, ...held };
}

async function launch(
  module: URL,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<MeasuredProcess> {
  const child = fork(fileURLToPath(module), args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const port = await Promise.race([portOf(child), endOf(child, fileURLToPath(module))]);
  const { pid } = child;
  if (pid === undefined) throw new Error('a process without an id');
  // One that nobody disposes of, because what was started beside it failed, ends with this process and does not keep it.
  child.unref();
  child.channel?.unref();
  return {
    pid,
    port,
    cpuMicroseconds: () => cpuMicroseconds(pid),
    residentMib: () => residentMib(pid),
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.ref();
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** Processor time of a process so far, all threads that live, user and system, in microseconds (Linux: `schedstat`). */
export async function cpuMicroseconds(pid: number): Promise<number> {
  const threads = await readdir(`/proc/${pid}/task`);
  const nanoseconds = await Promise.all(
    threads.map(async (thread) => {
      const text = await readFile(`/proc/${pid}/task/${thread}/schedstat`, 'utf8');
      return Number(text.split(' ')[0]);
    }),
  );
  return nanoseconds.reduce((sum, one) => sum + one, 0) / 1_000;
}

/** Resident memory of a process, in MiB. */
export async function residentMib(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1_024;
}

async function portOf(child: ChildProcess): Promise<number> {
  const [message] = (await once(child, 'message')) as [{ port: number } | { listening: string }];
  return 'port' in message ? message.port : Number(new URL(message.listening).port);
}

async function endOf(child: ChildProcess, module: string): Promise<never> {
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  throw new Error(`${module} ended with ${signal ?? code} before it listened`);
}
