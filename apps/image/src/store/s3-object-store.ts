import { createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import process from 'node:process';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import type { BorrowedFile, ObjectStore, ScratchFile, StoredObject } from '../domain/object-store.ts';
import { S3Bucket, type S3BucketOptions } from './s3-bucket.ts';
import { openScratchFolder } from './scratch-folder.ts';
import { requireKey } from './stored-key.ts';

export interface S3ObjectStoreOptions extends S3BucketOptions {
  /** Folder of this machine where files lie until they are objects; made where it is not there. */
  readonly scratchFolder: string;
}

const DELETIONS_AT_A_TIME = 8;
/** How long it holds that objects can be written: to find out costs a request, which somebody pays for. */
const PROBE_HOLDS_MS = 10_000;
const PROBE_KEY = 'probe';

/** Objects in a bucket, which replicas share; scratch files lie on the machine of each. */
export async function openS3ObjectStore(options: S3ObjectStoreOptions): Promise<ObjectStore> {
  const scratch = await openScratchFolder(options.scratchFolder);
  await requirePrivate(options.scratchFolder);
  const bucket = new S3Bucket(options);
  let probed = -Infinity;

  async function put(key: string, file: ScratchFile): Promise<void> {
    await bucket.put(requireKey(key), file.path, (await stat(file.path)).size);
  }

  async function read(key: string, maxBytes: number): Promise<Buffer | StoredObject | undefined> {
    const found = await bucket.get(requireKey(key));
    return found && found.bytes <= maxBytes ? buffer(found.stream) : found;
  }

  async function has(key: string): Promise<boolean> {
    for await (const found of bucket.list(requireKey(key))) if (found.key === key) return true;
    return false;
  }

  async function borrow(key: string): Promise<BorrowedFile | undefined> {
    const found = await bucket.get(requireKey(key));
    if (!found) return undefined;
    const copy = scratch.file();
    try {
      await pipeline(found.stream, createWriteStream(copy.path, { flags: 'wx', mode: 0o600 }));
      return copy;
    } catch (error) {
      await copy[Symbol.asyncDispose]();
      throw error;
    }
  }

  async function deleteFolder(folder: string): Promise<void> {
    const keys = bucket.list(`${requireKey(folder)}/`);
    // One iterator for all: each takes the next key when it is done with its own.
    const take = async () => {
      for await (const { key } of keys) await bucket.delete(key);
    };
    await Promise.all(Array.from({ length: DELETIONS_AT_A_TIME }, take));
  }

  async function requireWritable(): Promise<void> {
    await scratch.requireWritable();
    if (performance.now() - probed < PROBE_HOLDS_MS) return;
    await using file = scratch.file();
    await file.append(Buffer.from('x'));
    await put(PROBE_KEY, file);
    probed = performance.now();
  }

  return {
    scratch: scratch.file,
    put,
    putReplaceable: put,
    get: async (key) => bucket.get(requireKey(key)),
    read,
    has,
    borrow,
    list: (folder) => bucket.list(`${requireKey(folder)}/`),
    delete: async (key) => bucket.delete(requireKey(key)),
    deleteFolder,
    removeScratch: scratch.removeBefore,
    requireWritable,
  };
}

/** In a folder for all of a machine, somebody else may have made ours beforehand, and would read what lies in it. */
async function requirePrivate(folder: string): Promise<void> {
  const { uid, mode } = await stat(folder);
  if (uid !== process.getuid?.() || (mode & 0o077) !== 0) {
    throw new Error(`${folder} must belong to the user of this process, and to no one else (mode 0700)`);
  }
}
