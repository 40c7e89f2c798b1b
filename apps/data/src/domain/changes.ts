import type { CollectionAddress } from './documents.ts';

export type ChangeKind = 'created' | 'replaced' | 'patched' | 'removed';

/** A write to a document of a collection. */
export interface Change {
  /** Its place among the changes of the collection: 1, 2, 3 … in the order in which they were committed. */
  readonly sequence: number;
  readonly kind: ChangeKind;
  readonly id: string;
  /** The version that was written, or removed. */
  readonly version: number;
  readonly at: Date;
}

/** The latest changes of each collection. Each is recorded in the transaction that makes it. */
export interface Changes {
  /** The sequence of the last change; 0 before the first. */
  position(address: CollectionAddress): Promise<number>;
  /** The next changes after a sequence, some at a time; `gone` when not all of them are kept any more. */
  after(address: CollectionAddress, sequence: number): Promise<Change[] | 'gone'>;
  /**
   * Calls `wake` when there may be changes to look for, until the function it gives is called. A hint: it may come without a
   * change, and one may stand for many, but behind each change comes one, or after it the hint that some were missed.
   */
  watch(address: CollectionAddress, wake: () => void): () => void;
}
