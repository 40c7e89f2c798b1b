import { execFile } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { chown, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { exists, moveUnlessPresent } from './binaries.ts';
import type { ServerUser } from './server-user.ts';

/** The one PATH and locale the server's programs see: nothing of the caller's PG* variables reaches them. */
export const SERVER_ENVIRONMENT = { PATH: '/usr/bin:/bin', LC_ALL: 'C' };

export interface Cluster {
  /** What PostgreSQL calls the data directory. */
  readonly dataDirectory: string;
  readonly superuserPassword: string;
}

interface ClusterOptions {
  readonly parent: string;
  readonly binaries: string;
  readonly user: ServerUser;
  readonly durable: boolean;
  readonly signal: AbortSignal | undefined;
}

/**
 * Finds the data below `parent`, or makes it: data and superuser password appear together, by one rename, so that
 * neither a killed nor a concurrent first start leaves half of it.
 */
export async function openCluster(options: ClusterOptions): Promise<Cluster> {
  const home = join(options.parent, 'cluster');
  if (!(await exists(home))) {
    const draft = `${home}.${randomUUID()}`;
    try {
      await initialise(draft, options);
      await moveUnlessPresent(draft, home);
    } finally {
      await rm(draft, { recursive: true, force: true });
    }
  }
  return {
    dataDirectory: join(home, 'data'),
    superuserPassword: await readFile(passwordFile(home), 'utf8'),
  };
}

const passwordFile = (home: string): string => join(home, 'superuser-password');

async function initialise(home: string, { binaries, user, durable, signal }: ClusterOptions): Promise<void> {
  signal?.throwIfAborted();
  await mkdir(home, { mode: 0o700 });
  await writeFile(passwordFile(home), randomBytes(32).toString('base64url'), { mode: 0o600, flag: 'wx' });
  if (user.uid !== undefined && user.gid !== undefined) {
    await chown(passwordFile(home), user.uid, user.gid);
    await chown(home, user.uid, user.gid);
  }
  const options = [
    ['--pgdata', join(home, 'data')],
    ['--username', 'postgres'],
    ['--auth', 'scram-sha-256'],
    ['--pwfile', passwordFile(home)],
    ['--encoding', 'UTF8'],
    // The same sort order on every machine, whatever locales it has.
    ['--locale-provider', 'builtin'],
    ['--builtin-locale', 'C.UTF-8'],
    ['--locale', 'C'],
    durable ? [] : ['--no-sync'],
  ];
  const running = promisify(execFile)(join(binaries, 'bin', 'initdb'), options.flat(), {
    ...user,
    cwd: home,
    env: SERVER_ENVIRONMENT,
    ...(signal && { signal }),
  });
  const ended = new Promise((resolve) => running.child.once('exit', resolve));
  try {
    await running;
  } catch (error) {
    // Told to give up, it still removes what it wrote; a program that could not be started never ends.
    if (signal?.aborted === true && running.child.pid !== undefined) await ended;
    signal?.throwIfAborted();
    throw error;
  }
}
