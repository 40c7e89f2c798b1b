import type { Readable } from 'node:stream';

/** An object that was found. Its stream must be read or destroyed. */
export interface StoredObject {
  readonly bytes: number;
  readonly stream: Readable;
}

export interface ListedObject {
  readonly key: string;
  readonly bytes: number;
  readonly modifiedAt: Date;
}

/** A stored object as a file that another process can read, until it is given back. */
export interface BorrowedFile extends AsyncDisposable {
  readonly path: string;
}

/** A file of this process that no one else sees; gone when it is disposed of, unless a store has taken it over. */
export interface ScratchFile extends AsyncDisposable {
  /** Where it is, or will be: whoever writes it another way than by `append` makes it there. */
  readonly path: string;
  append(chunk: Buffer): Promise<void>;
  /** All of it; for what has just been written and is small, for nothing else is done meanwhile. */
  bytes(): Buffer;
  /** Says that a store has moved it away: there is nothing left to remove. */
  release(): void;
}

/**
 * Where bytes lie. Keys are made by this service only, of `[a-z0-9._/-]`; an object never changes, and putting the same
 * key twice puts the same bytes.
 */
export interface ObjectStore {
  /** A name for a file that can be put later. */
  scratch(): ScratchFile;
  /** Takes over a finished file. When it resolves the object is whole and survives a power cut; before, there is none. */
  put(key: string, file: ScratchFile): Promise<void>;
  /**
   * The same for what can be made again: the object may be gone after a power cut, but is never there in part. The bytes of the file
   * must be on the disk already.
   */
  putReplaceable(key: string, file: ScratchFile): Promise<void>;
  get(key: string): Promise<StoredObject | undefined>;
  /** The same; the bytes at once where there are no more than `maxBytes`. */
  read(key: string, maxBytes: number): Promise<Buffer | StoredObject | undefined>;
  has(key: string): Promise<boolean>;
  borrow(key: string): Promise<BorrowedFile | undefined>;
  /** Every object whose key starts with `folder` and a slash, in any order; those that come and go meanwhile may be missing. */
  list(folder: string): AsyncIterable<ListedObject>;
  /** None is no fault. */
  delete(key: string): Promise<void>;
  /** Removes every object whose key starts with `folder` and a slash; none is no fault. */
  deleteFolder(folder: string): Promise<void>;
  /** Removes scratch files that were last written before a time. @returns how many */
  removeScratch(before: Date): Promise<number>;
  /** Throws unless objects can be written. */
  requireWritable(): Promise<void>;
}
