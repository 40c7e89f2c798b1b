import { randomUUID } from 'node:crypto';
import { createReadStream, fstat, open as openWithCallback } from 'node:fs';
import { mkdir, open, rename, rm, stat, writeFile, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { BorrowedFile, ObjectStore, ScratchFile, StoredObject } from '../domain/object-store.ts';

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
    const firstMade = await mkdir(dirname(path), { recursive: true, mode: PRIVATE_FOLDER });
    await rename(file.path, path);
    // A name is as durable as the folder that holds it, and so up to the one that was there before.
    const oldest = firstMade === undefined ? dirname(path) : dirname(firstMade);
    for (let made = dirname(path); made.length >= oldest.length; made = dirname(made)) await syncToDisk(made);
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

  return {
    scratch: () => createScratchFile(join(scratchFolder, randomUUID())),
    put,
    get,
    borrow,
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

async function syncToDisk(path: string): Promise<void> {
  await using handle = await open(path);
  await handle.sync();
}

function undefinedIfMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
  throw error;
}
