import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, open, readdir, rm, stat, writeFile, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { ScratchFile } from '../domain/object-store.ts';
import { undefinedIfMissing } from './missing-file.ts';

const PRIVATE_FILE = 0o600;
const PRIVATE_FOLDER = 0o700;

export interface ScratchFolder {
  /** A name for a file of this process. */
  readonly file: () => ScratchFile;
  /** Removes files that were last written before a time, whichever process left them. @returns how many */
  readonly removeBefore: (time: Date) => Promise<number>;
  /** Throws unless files can be written. */
  readonly requireWritable: () => Promise<void>;
}

/** @param folder is made where it is not there */
export async function openScratchFolder(folder: string): Promise<ScratchFolder> {
  await mkdir(folder, { recursive: true, mode: PRIVATE_FOLDER });

  async function removeBefore(time: Date): Promise<number> {
    let removed = 0;
    for (const name of (await readdir(folder).catch(undefinedIfMissing)) ?? []) {
      const path = join(folder, name);
      const found = await stat(path).catch(undefinedIfMissing);
      if (!found || found.mtime >= time) continue;
      await rm(path, { force: true });
      removed += 1;
    }
    return removed;
  }

  const file = () => createScratchFile(join(folder, randomUUID()));

  return {
    file,
    removeBefore,
    requireWritable: async () => {
      const probe = join(folder, randomUUID());
      await writeFile(probe, 'x', { mode: PRIVATE_FILE });
      await rm(probe);
    },
  };
}

function createScratchFile(path: string): ScratchFile {
  let handle: FileHandle | undefined;
  let isReleased = false;
  return {
    path,
    append: async (chunk) => {
      handle ??= await open(path, 'wx', PRIVATE_FILE);
      await handle.appendFile(chunk);
    },
    // What was just written is copied from memory, in less time than it takes to ask another thread for it.
    bytes: () => readFileSync(path),
    release: () => {
      isReleased = true;
    },
    [Symbol.asyncDispose]: async () => {
      await handle?.close();
      if (!isReleased) await rm(path, { force: true });
    },
  };
}
