import { close, createReadStream, fstat, open as openWithCallback, read as readWithCallback } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import type {
  BorrowedFile,
  ListedObject,
  ObjectStore,
  ScratchFile,
  StoredObject,
} from '../domain/object-store.ts';
import { undefinedIfMissing } from './missing-file.ts';
import { openScratchFolder } from './scratch-folder.ts';
import { requireKey } from './stored-key.ts';

const openDescriptor = promisify(openWithCallback);
const statDescriptor = promisify(fstat);
const readDescriptor = promisify(readWithCallback);
const closeDescriptor = promisify(close);

const PRIVATE_FOLDER = 0o700;

/**
 * Objects as files below one folder, which replicas may share. Scratch files lie in the same file system, so that a finished
 * one becomes an object by being renamed: seen whole or not at all.
 *
 * Folders stay when what they held is deleted, unless they are deleted themselves: of the upper ones there are some hundreds, ever.
 * Were they removed, a put could find one that another has just made again, and its object would be no more durable than that.
 *
 * @param folder is made where it is not there
 */
export async function openFileObjectStore(folder: string): Promise<ObjectStore> {
  const scratch = await openScratchFolder(join(folder, 'scratch'));
  const pathOf = (key: string): string => join(folder, requireKey(key));

  async function put(key: string, file: ScratchFile): Promise<void> {
    const path = pathOf(key);
    await syncToDisk(file.path);
    const moved = await moveTo(path, file);
    // A name is as durable as the folder that holds it, and so up to the one that was there before.
    for (let made = dirname(path); made.length >= moved.parent.length; made = dirname(made)) {
      await syncToDisk(made).catch(undefinedIfMissing);
    }
  }

  async function putReplaceable(key: string, file: ScratchFile): Promise<void> {
    await moveTo(pathOf(key), file);
  }

  async function get(key: string): Promise<StoredObject | undefined> {
    const found = await openFile(pathOf(key));
    return found && streamed(found);
  }

  async function read(key: string, maxBytes: number): Promise<Buffer | StoredObject | undefined> {
    const found = await openFile(pathOf(key));
    if (!found) return undefined;
    return found.bytes > maxBytes ? streamed(found) : readWhole(found);
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

  return {
    scratch: scratch.file,
    put,
    putReplaceable,
    get,
    read,
    has: async (key) => (await stat(pathOf(key)).catch(undefinedIfMissing))?.isFile() === true,
    borrow,
    list,
    delete: async (key) => rm(pathOf(key), { force: true }),
    removeScratch: scratch.removeBefore,
    deleteFolder: async (key) => rm(pathOf(key), { recursive: true, force: true }),
    requireWritable: scratch.requireWritable,
  };
}

/** @returns the last folder on the way to `path` that was there already */
async function moveTo(path: string, file: ScratchFile): Promise<{ parent: string }> {
  let parent = dirname(path);
  // Whoever deletes the image meanwhile may take the folder away once more after it was made.
  for (let attempt = 0; attempt < 3; attempt += 1) {
    if (await rename(file.path, path).then(() => true, undefinedIfMissing)) {
      file.release();
      return { parent };
    }
    const firstMade = await mkdir(dirname(path), { recursive: true, mode: PRIVATE_FOLDER });
    if (firstMade !== undefined) parent = dirname(firstMade);
  }
  throw new Error(`${path} could not be put: its folder vanishes again and again`);
}

interface OpenFile {
  readonly descriptor: number;
  readonly bytes: number;
}

/** A plain descriptor: a FileHandle that is forgotten with its stream ends the process when it is collected. */
async function openFile(path: string): Promise<OpenFile | undefined> {
  const descriptor = await openDescriptor(path, 'r').catch(undefinedIfMissing);
  if (descriptor === undefined) return undefined;
  try {
    return { descriptor, bytes: (await statDescriptor(descriptor)).size };
  } catch (error) {
    await closeDescriptor(descriptor);
    throw error;
  }
}

const streamed = ({ descriptor, bytes }: OpenFile): StoredObject => ({
  bytes,
  stream: createReadStream('', { fd: descriptor }),
});

/** Reads a file into memory of just its size, and closes it. */
async function readWhole({ descriptor, bytes: size }: OpenFile): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(size);
  try {
    for (let at = 0; at < size;) {
      const { bytesRead } = await readDescriptor(descriptor, bytes, at, size - at, at);
      if (bytesRead === 0) throw new Error('an object has lost bytes');
      at += bytesRead;
    }
    return bytes;
  } finally {
    await closeDescriptor(descriptor);
  }
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
