import { execFile } from 'node:child_process';
import { readFile, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { kill, platform } from 'node:process';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';

/** What a server writes about itself into `postmaster.pid`; the later lines appear as it starts. */
interface Postmaster {
  readonly pid: number;
  readonly port: string | undefined;
  /** `starting`, `ready`, `standby` or `stopping`. */
  readonly status: string | undefined;
}

const GONE_WITHIN_MS = 1_000;
const STOPPED_WITHIN_MS = 15_000;

export async function readPostmaster(dataDirectory: string): Promise<Postmaster | undefined> {
  const text = await readFile(lockFile(dataDirectory), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const lines = text.split('\n').map((line) => line.trim());
  const pid = Number(lines[0]);
  return Number.isInteger(pid) && pid > 0 ? { pid, port: lines[3], status: lines[7] } : undefined;
}

/**
 * Clears the way for a start: waits for a server that is going, throws when one is there to stay, and removes a lock
 * whose pid now belongs to some other program. A dead pid is left to PostgreSQL, which sees through it by itself.
 */
export async function requireNoServer(dataDirectory: string): Promise<void> {
  const since = Date.now();
  for (;;) {
    const found = await readPostmaster(dataDirectory);
    if (found === undefined || !isAlive(found.pid)) return;
    if (!(await runsOn(found.pid, dataDirectory))) {
      await rm(lockFile(dataDirectory), { force: true });
      return;
    }
    // A server whose starter was just killed needs a moment to notice.
    const patienceMs = found.status === 'stopping' ? STOPPED_WITHIN_MS : GONE_WITHIN_MS;
    if (Date.now() - since > patienceMs) {
      throw new Error(
        `a PostgreSQL server (pid ${found.pid}, port ${found.port ?? 'unknown'}) already runs on ${dataDirectory}: ` +
          'stop it first, or use another data folder',
      );
    }
    await wait(25);
  }
}

const lockFile = (dataDirectory: string): string => join(dataDirectory, 'postmaster.pid');

function isAlive(pid: number): boolean {
  try {
    kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function runsOn(pid: number, dataDirectory: string): Promise<boolean> {
  const command =
    platform === 'linux'
      ? await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
      : await promisify(execFile)('ps', ['-o', 'command=', '-p', String(pid)]).then(
          ({ stdout }) => stdout,
          () => '',
        );
  return command.includes(dataDirectory) || command.includes(await realpath(dataDirectory));
}
