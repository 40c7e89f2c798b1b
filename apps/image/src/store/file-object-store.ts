import { randomUUID } from 'node:crypto';
import { createReadStream, fstat, open as openWithCallback } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat, writeFile, type FileHandle } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import type {
  BorrowedFile,
  ListedObject,
  ObjectStore,
  ScratchFile,
  StoredObject,
} from '../domain/object-store.ts';

const openDescriptor = promisify(openWithCallback);
const statDescriptor = promisify(fstat);

const KEY = /^[a-z0-9_-]+(\/[a-z0-9_-]+)*(\.[a-z0-9]+)?$/;
const PRIVATE_FILE = 0o600;
const PRIVATE_FOLDER = 0o700;

/**
 * Objects as files below one folder, which replicas may share. Scratch files lie in the same file system, so that a finished
 * one becomes an object by being renamed: seen whole or not at all.
 *
 * @param folder is made where it is not there
 */
export async function openFileObjectStore(folder: string): Promise<ObjectStore> {
  const scratchFolder = join(folder, 'scratch');
  await mkdir(scratchFolder, { recursive: true, mode: PRIVATE_FOLDER });

  function pathOf(key: string): string {
    if (!KEY.test(key)) throw new Error(`not a key of this service: ${key}`);
    return join(folder, key);
  }

  async function put(key: string, file: ScratchFile): Promise<void> {
    const path = pathOf(key);
    await syncToDisk(file.path);
    // Whoever deletes the image meanwhile may take the folder away once more after it was made.
    const moved = (await moveTo(path, file.path)) ?? (await moveTo(path, file.path));
    if (!moved) throw new Error(`${key} could not be put: its folder vanishes again and again`);
    // A name is as durable as the folder that holds it, and so up to the one that was there before.
    for (let made = dirname(path); made.length >= moved.parent.length; made = dirname(made)) {
      await syncToDisk(made).catch(undefinedIfMissing);
    }
  }

  async function get(key: string): Promise<StoredObject | undefined> {
    const path = pathOf(key);
    // A plain descriptor: a FileHandle that is forgotten with its stream ends the process when it is collected.
    const descriptor = await openDescriptor(path, 'r').catch(undefinedIfMissing);
    if (descriptor === undefined) return undefined;
    const stream = createReadStream(path, { fd: descriptor });
    try {
      return { bytes: (await statDescriptor(descriptor)).size, stream };
    } catch (error) {
      stream.destroy();
      throw error;
    }
  }

  async function borrow(key: string): Promise<BorrowedFile | undefined> {
    const path = pathOf(key);
    const found = await stat(path).catch(undefinedIfMissing);
    return found && { path, [Symbol.asyncDispose]: async () => {} };
  }

  async function* list(under: string): AsyncGenerator<ListedObject> {
    for await (const path of filesBelow(pathOf(under))) {
      const found = await stat(path).catch(undefinedIfMissing);
      if (found) yield { key: relative(folder, path), bytes: found.size, modifiedAt: found.mtime };
    }
  }

  async function removeScratch(before: Date): Promise<number> {
    let removed = 0;
    for await (const { key, modifiedAt } of list('scratch')) {
      if (modifiedAt >= before) continue;
      await rm(join(folder, key), { force: true });
      removed += 1;
    }
    return removed;
  }

  return {
    scratch: () => createScratchFile(join(scratchFolder, randomUUID())),
    put,
    get,
    borrow,
    list,
    delete: async (key) => rm(pathOf(key), { force: true }),
    removeScratch,
    deleteFolder: async (key) => rm(pathOf(key), { recursive: true, force: true }),
    requireWritable: async () => {
      const probe = join(scratchFolder, randomUUID());
      await writeFile(probe, 'x', { mode: PRIVATE_FILE });
      await rm(probe);
    },
  };
}

function createScratchFile(path: string): ScratchFile {
  let handle: FileHandle | undefined;
  return {
    path,
    append: async (chunk) => {
      handle ??= await open(path, 'wx', PRIVATE_FILE);
      await handle.appendFile(chunk);
    },
    [Symbol.asyncDispose]: async () => {
      await handle?.close();
      await rm(path, { force: true });
    },
  };
}

/** @returns the first folder that was there already, `undefined` when the way to `path` vanished while it was made */
async function moveTo(path: string, source: string): Promise<{ parent: string } | undefined> {
  const firstMade = await mkdir(dirname(path), { recursive: true, mode: PRIVATE_FOLDER });
  const parent = dirname(firstMade ?? path);
  return rename(source, path).then(() => ({ parent }), undefinedIfMissing);
}

async function* filesBelow(folder: string): AsyncGenerator<string> {
  const entries = (await readdir(folder, { withFileTypes: true }).catch(undefinedIfMissing)) ?? [];
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesBelow(path);
    else yield path;
  }
}

async function syncToDisk(path: string): Promise<void> {
  await using handle = await open(path);
  await handle.sync();
}

function undefinedIfMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
  throw error;
}
