/**
 * One server process: from spawn to ready, and from a signal to its end. It also hands the server's life to a watchdog,
 * a shell that waits for the end of a pipe from this process: however this process ends, SIGKILL included, the pipe
 * ends with it and the server is told to shut down. What a start needs beforehand is start-postgres.ts's concern.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { SERVER_ENVIRONMENT } from './cluster.ts';
import { readPostmaster } from './postmaster-file.ts';
import type { ServerUser } from './server-user.ts';

interface ServerOptions {
  readonly binaries: string;
  readonly dataDirectory: string;
  readonly user: ServerUser;
  readonly logFile: string;
  /** Server parameters, given as `-c name=value`. */
  readonly parameters: Readonly<Record<string, string | number>>;
  readonly signal: AbortSignal | undefined;
}

export interface ServerProcess {
  readonly pid: number;
  readonly exited: Promise<void>;
  stop(options?: { fast?: boolean }): Promise<void>;
}

const READY_WITHIN_MS = 60_000;
const PATIENCE_MS = 10_000;
const POLL_MS = 20;
const LOG_LINES = 15;

/** Starts a server and resolves when it takes connections; throws with the end of its log when it does not get there. */
export async function launchServer(options: ServerOptions): Promise<ServerProcess> {
  const { signal } = options;
  signal?.throwIfAborted();
  const child = await spawnServer(options);
  const pid = child.pid;
  if (pid === undefined) throw new Error('PostgreSQL got no pid');
  const exited = endOf(child);
  try {
    await watch(pid, child, options.user);
    await untilReady(pid, child, options.dataDirectory, signal);
  } catch (cause) {
    await stop(child, exited, ['SIGQUIT']);
    signal?.throwIfAborted();
    throw new Error(`PostgreSQL did not start:\n${await lastLines(options.logFile)}`, { cause });
  }
  return {
    pid,
    exited,
    stop: ({ fast = true } = {}) =>
      stop(child, exited, fast ? ['SIGINT', 'SIGQUIT'] : ['SIGTERM', 'SIGINT', 'SIGQUIT']),
  };
}

async function spawnServer({
  binaries,
  dataDirectory,
  user,
  logFile,
  parameters,
}: ServerOptions): Promise<ChildProcess> {
  const settings = Object.entries(parameters).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const log = await open(logFile, 'a', 0o600);
  try {
    const child = spawn(join(binaries, 'bin', 'postgres'), ['-D', dataDirectory, ...settings], {
      ...user,
      cwd: dataDirectory,
      env: SERVER_ENVIRONMENT,
      // A session of its own: Ctrl-C is for the caller, who decides when the database goes.
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
    });
    await once(child, 'spawn');
    return child;
  } finally {
    await log.close();
  }
}

async function watch(pid: number, child: ChildProcess, user: ServerUser): Promise<void> {
  const watchdog = spawn('/bin/sh', ['-c', 'read -r _; kill -INT "$1"', 'watchdog', String(pid)], {
    ...user,
    cwd: '/',
    env: SERVER_ENVIRONMENT,
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  child.once('exit', () => watchdog.kill('SIGKILL'));
  await once(watchdog, 'spawn');
}

async function untilReady(
  pid: number,
  child: ChildProcess,
  dataDirectory: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const deadline = Date.now() + READY_WITHIN_MS;
  while (!hasEnded(child)) {
    signal?.throwIfAborted();
    const found = await readPostmaster(dataDirectory);
    if (found?.pid === pid && found.status === 'ready') return;
    if (Date.now() > deadline) throw new Error(`not ready within ${READY_WITHIN_MS} ms`);
    await wait(POLL_MS);
  }
  throw new Error(`ended with ${child.exitCode ?? child.signalCode}`);
}

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

function endOf(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return Promise.resolve();
  return new Promise((resolve) => child.once('exit', () => resolve()));
}

/** Sends each signal in turn, from the politest on, until the process is gone. */
async function stop(child: ChildProcess, exited: Promise<void>, signals: NodeJS.Signals[]): Promise<void> {
  for (const signal of [...signals, 'SIGKILL' as const]) {
    if (hasEnded(child)) return;
    child.kill(signal);
    const patience = new AbortController();
    await Promise.race([exited, wait(PATIENCE_MS, undefined, { signal: patience.signal }).catch(() => {})]);
    patience.abort();
  }
}

async function lastLines(logFile: string): Promise<string> {
  const lines = (await readFile(logFile, 'utf8')).trimEnd().split('\n');
  return lines.slice(-LOG_LINES).join('\n');
}
