import { randomUUID } from 'node:crypto';
import { link, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pid } from 'node:process';
import { processIdentity } from './process-identity.ts';

/** Locks in the data folder: one file for each process that holds it or wants to. */
const LOCK = /^running-[0-9a-f-]{36}\.json$/;

export function isLock(name: string): boolean {
  return LOCK.test(name);
}

interface Holder {
  readonly pid: number;
  readonly identity: string;
  readonly origin: string;
}

/** Another system runs on the folder. */
export class FolderInUseError extends Error {
  override readonly name = 'FolderInUseError';
}

/**
 * Takes a data folder for this process until disposed. Everybody puts up a file of their own first and then looks for others:
 * of two who come at once both may go away, but never do both stay. The lock of a process that is gone, however it went, is
 * no obstacle: it names the process by its id and the moment of its start.
 *
 * @param origin where the system of this process answers, for the message that a second one gets
 * @throws {FolderInUseError}
 */
export async function lockFolder(path: string, origin: string): Promise<AsyncDisposable> {
  const own = `running-${randomUUID()}.json`;
  const file = join(path, own);
  const holder: Holder = { pid, identity: (await processIdentity(pid)) ?? '', origin };
  await putUp(file, `${JSON.stringify(holder)}\n`);
  const release = () => rm(file, { force: true });
  try {
    for (const name of await readdir(path))
      if (isLock(name) && name !== own) await requireStale(join(path, name), path);
  } catch (error) {
    await release();
    throw error;
  }
  return { [Symbol.asyncDispose]: release };
}

/** A link appears whole or not at all. */
async function putUp(file: string, text: string): Promise<void> {
  const draft = `${file}.draft`;
  await writeFile(draft, text, { mode: 0o600 });
  try {
    await link(draft, file);
  } finally {
    await rm(draft, { force: true });
  }
}

async function requireStale(file: string, path: string): Promise<void> {
  const holder = await readHolder(file);
  if (holder !== undefined && (await processIdentity(holder.pid)) === holder.identity) {
    throw new FolderInUseError(
      `A system already runs on ${path}: ${holder.origin} (process ${holder.pid}).\n` +
        'Stop it there with Ctrl-C, or name another folder with --data DIR and another port with --port N.',
    );
  }
  // Nobody takes a stale lock over, so nobody but its holder, who is gone, could miss it.
  await rm(file, { force: true });
}

async function readHolder(file: string): Promise<Holder | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Holder;
  } catch {
    return undefined;
  }
}
