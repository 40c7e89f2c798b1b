import type { Owner } from './image.ts';
import { derivativesOf, originalsOf } from './object-keys.ts';
import type { ObjectStore } from './object-store.ts';

/** The rows of an owner who is erased. */
export interface ErasedRows<Counts> {
  /**
   * Ends all of the owner's images, lets none come into being any more, and remembers those whose bytes are still there.
   *
   * @returns how many of what, now and in earlier calls
   */
  endAll(owner: Owner): Promise<Counts>;
  /** Images that were ended and whose bytes may be there, some at a time. */
  leftovers(owner: Owner): Promise<readonly string[]>;
  /** Their bytes are gone. */
  forget(ids: readonly string[]): Promise<void>;
}

/**
 * What erases all that an owner has. First the rows, so that nobody sees an image with half its bytes; then the bytes, of which
 * the rows that stand for them are forgotten last: a crash at any moment leaves nothing that is not known.
 */
export function createEraser<Counts>(rows: ErasedRows<Counts>, objects: ObjectStore) {
  return async (owner: Owner): Promise<Counts> => {
    const counts = await rows.endAll(owner);
    for (;;) {
      const ids = await rows.leftovers(owner);
      if (ids.length === 0) return counts;
      for (const id of ids) {
        // In this order: who makes a derivative meanwhile looks for the original afterwards.
        await objects.deleteFolder(originalsOf(id));
        await objects.deleteFolder(derivativesOf(id));
      }
      await rows.forget(ids);
    }
  };
}
