import { createHash } from 'node:crypto';
import { mkdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { getuid } from 'node:process';

/** The uid and gid the server runs under; empty where it runs as the caller. */
export interface ServerUser {
  readonly uid?: number;
  readonly gid?: number;
}

/** PostgreSQL refuses to run as root: a root caller starts it as "nobody", whose number needs no account. */
const NOBODY = { uid: 65_534, gid: 65_534 };

export function serverUser(): ServerUser {
  return getuid?.() === 0 ? NOBODY : {};
}

/** Throws when a folder on the way to `directory` shuts the server's user out. The directory must exist. */
export async function requireReachable(directory: string): Promise<void> {
  const obstacle = await findObstacle(directory);
  if (obstacle === undefined) return;
  throw new Error(
    `PostgreSQL refuses to run as root and is started as uid ${NOBODY.uid}, which cannot enter ${obstacle}: ` +
      `choose a folder outside of it instead of ${directory}, or see reachableDataDir`,
  );
}

/**
 * `preferred`, or, for a root caller whose folder the server's user cannot enter (below `/root`, say), a folder
 * below `/var/lib/embedded-postgres` that always stands for the same `preferred`. The folder exists afterwards.
 */
export async function reachableDataDir(preferred: string): Promise<string> {
  const wanted = resolve(preferred);
  await mkdir(wanted, { recursive: true });
  if ((await findObstacle(wanted)) === undefined) return wanted;
  // Only root can write to /var/lib, so nobody else can have laid this folder out for us.
  const name = createHash('sha256').update(wanted).digest('hex').slice(0, 16);
  const directory = join('/var/lib/embedded-postgres', name);
  await mkdir(directory, { recursive: true, mode: 0o755 });
  return directory;
}

async function findObstacle(directory: string): Promise<string | undefined> {
  if (serverUser().uid === undefined) return undefined;
  for (const folder of withParents(resolve(directory))) {
    const { mode, uid, gid } = await stat(folder);
    const searchBit = uid === NOBODY.uid ? 0o100 : gid === NOBODY.gid ? 0o010 : 0o001;
    if ((mode & searchBit) === 0) return folder;
  }
  return undefined;
}

/** The folder and all above it, topmost first. */
function withParents(directory: string): string[] {
  const parent = dirname(directory);
  return parent === directory ? [directory] : [...withParents(parent), directory];
}
