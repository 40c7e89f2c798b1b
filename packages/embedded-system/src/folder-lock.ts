import { randomUUID } from 'node:crypto';
import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pid } from 'node:process';
import { processIdentity } from './process-identity.ts';

/** Name of the lock in the data folder. */
export const LOCK_FILE = 'running.json';

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
 * Takes a data folder for this process until disposed. The lock of a process that is gone, however it went, is no
 * obstacle: it names the process by its id and the moment of its start.
 *
 * @param origin where the system of this process answers, for the message that a second one gets
 * @throws {FolderInUseError}
 */
export async function lockFolder(path: string, origin: string): Promise<AsyncDisposable> {
  const file = join(path, LOCK_FILE);
  const draft = `${file}.${randomUUID()}`;
  const holder: Holder = { pid, identity: (await processIdentity(pid)) ?? '', origin };
  await writeFile(draft, `${JSON.stringify(holder)}\n`, { mode: 0o600 });
  try {
    // A link appears whole or not at all, and never over an existing file.
    while (!(await linkUnlessPresent(draft, file))) await removeStale(file, path);
  } finally {
    await rm(draft, { force: true });
  }
  return { [Symbol.asyncDispose]: () => rm(file, { force: true }) };
}

async function linkUnlessPresent(from: string, to: string): Promise<boolean> {
  return link(from, to).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return false;
      throw error;
    },
  );
}

async function removeStale(file: string, path: string): Promise<void> {
  const holder = await readHolder(file);
  if (holder !== undefined && (await processIdentity(holder.pid)) === holder.identity) {
    throw new FolderInUseError(
      `A system already runs on ${path}: ${holder.origin} (process ${holder.pid}).\n` +
        'Stop it there with Ctrl-C, or name another folder with --data DIR and another port with --port N.',
    );
  }
  await rm(file, { force: true });
}

async function readHolder(file: string): Promise<Holder | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Holder;
  } catch {
    return undefined;
  }
}
