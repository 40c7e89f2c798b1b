import type { ImageCatalog } from './image-catalog.ts';
import { derivativesOf, imageOfKey, originalsOf } from './object-keys.ts';
import type { ListedObject, ObjectStore } from './object-store.ts';

export interface SweepOptions {
  readonly objects: ObjectStore;
  readonly catalog: Pick<ImageCatalog, 'existing'>;
  /** Bytes of derivatives that may be kept, of all images together. */
  readonly maxDerivedBytes: number;
  /** Milliseconds since 1970. */
  readonly now: number;
}

export interface SweepReport {
  readonly images: number;
  readonly derivatives: number;
  readonly scratchFiles: number;
}

/** An upload is at most minutes between its first byte and its row. */
const GRACE_MS = 60 * 60 * 1_000;
const BATCH = 500;
/** Sweeping below the limit keeps the next sweeps from removing what the last one left just below it. */
const TARGET_SHARE = 0.8;

/**
 * Removes what a crash or a full disk has left: bytes of images that do not exist, scratch files nobody writes any more, and
 * of derivatives the longest unmade, when they are too many. Nothing that a request can need is lost: derivatives are made again.
 */
export async function sweep({ objects, catalog, maxDerivedBytes, now }: SweepOptions): Promise<SweepReport> {
  const before = new Date(now - GRACE_MS);
  const scratchFiles = await objects.removeScratch(before);
  const images = await removeUnknown(objects, catalog, before);
  const derivatives = await shrinkDerived(objects, maxDerivedBytes);
  return { images, derivatives, scratchFiles };
}

async function removeUnknown(
  objects: ObjectStore,
  catalog: Pick<ImageCatalog, 'existing'>,
  before: Date,
): Promise<number> {
  let removed = 0;
  const asked = new Set<string>();
  const judge = async () => {
    const existing = await catalog.existing([...asked]);
    for (const id of asked) {
      if (existing.has(id)) continue;
      await objects.deleteFolder(originalsOf(id));
      await objects.deleteFolder(derivativesOf(id));
      removed += 1;
    }
    asked.clear();
  };
  for (const folder of ['originals', 'derived'] as const) {
    for await (const { key, modifiedAt } of objects.list(folder)) {
      const id = imageOfKey(key);
      if (id !== undefined && modifiedAt < before) asked.add(id);
      if (asked.size >= BATCH) await judge();
    }
  }
  await judge();
  return removed;
}

async function shrinkDerived(objects: ObjectStore, maxBytes: number): Promise<number> {
  const kept: ListedObject[] = [];
  for await (const object of objects.list('derived')) kept.push(object);
  let bytes = kept.reduce((sum, object) => sum + object.bytes, 0);
  if (bytes <= maxBytes) return 0;
  kept.sort((one, other) => one.modifiedAt.getTime() - other.modifiedAt.getTime());
  let removed = 0;
  for (const object of kept) {
    if (bytes <= maxBytes * TARGET_SHARE) break;
    await objects.delete(object.key);
    bytes -= object.bytes;
    removed += 1;
  }
  return removed;
}
