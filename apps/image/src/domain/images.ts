import { randomUUID } from 'node:crypto';
import type { ImageCatalog, ListPosition, Quota } from './image-catalog.ts';
import type { DecodingLimits, ImageProcessor, ImageRefusal } from './image-processor.ts';
import { isImageId, isOwner, type Image, type Owner, type Visibility } from './image.ts';
import { derivativesOf, originalKey, originalsOf } from './object-keys.ts';
import type { ObjectStore, StoredObject } from './object-store.ts';
import { receiveUpload, type ReceiptRefusal } from './upload-receipt.ts';

export type UploadRefusal = ReceiptRefusal | ImageRefusal | 'quota-exceeded' | 'owner-erased' | 'busy';

export type UploadOutcome =
  | { readonly kind: 'stored'; readonly image: Image }
  | { readonly kind: 'refused'; readonly refusal: UploadRefusal };

export interface UploadSource {
  readonly chunks: AsyncIterable<Buffer>;
  /** What is known to come, where the client said so beforehand; 0 otherwise. */
  readonly minBytes: number;
}

export interface ImagesDeps {
  readonly catalog: ImageCatalog;
  readonly objects: ObjectStore;
  readonly processor: ImageProcessor;
  readonly maxUploadBytes: number;
  readonly limits: DecodingLimits;
  readonly quota: Quota;
  /** Told of bytes that could not be removed: no one can reach them any more, but they are there. */
  readonly onLeftover: (imageId: string, error: unknown) => void;
}

export interface Images {
  /** @throws what the source throws */
  upload(owner: Owner, source: UploadSource): Promise<UploadOutcome>;
  /** Whoever it belongs to: who may see it is to be asked next. */
  find(id: string): Promise<Image | undefined>;
  findOwn(owner: Owner, id: string): Promise<Image | undefined>;
  /** What is kept of its upload; `undefined` when it was removed meanwhile. */
  openOriginal(image: Image): Promise<StoredObject | undefined>;
  list(owner: Owner, page: { limit: number; after: ListPosition | undefined }): Promise<Image[]>;
  setVisibility(owner: Owner, id: string, visibility: Visibility): Promise<Image | undefined>;
  remove(owner: Owner, id: string): Promise<boolean>;
}

/**
 * The life of an image. An image exists when its row does: bytes are stored before the row and removed after it, so that a
 * crash at any moment leaves at most bytes that nobody can reach.
 */
export function createImages(deps: ImagesDeps): Images {
  const { catalog, objects, processor, quota } = deps;

  async function upload(owner: Owner, source: UploadSource): Promise<UploadOutcome> {
    if (source.minBytes > deps.maxUploadBytes) return refused('too-large');
    if (!(await catalog.hasRoom(owner, quota))) return refused('quota-exceeded');
    await using received = objects.scratch();
    const receipt = await receiveUpload(source.chunks, received, deps.maxUploadBytes);
    if (receipt.kind === 'refused') return receipt;

    await using encoded = objects.scratch();
    const result = await processor.normalise({
      input: received.path,
      output: encoded.path,
      kind: receipt.imageKind,
      limits: deps.limits,
    });
    if (result.kind === 'busy') return refused('busy');
    if (result.kind === 'refused') return result;

    const { width, height, format, bytes, contentHash } = result;
    const pixels = { width, height, format, bytes, contentHash };
    const image = { id: randomUUID(), owner, visibility: 'private' as const, ...pixels };
    await objects.put(originalKey(image), encoded);
    // A fault here may still have made the row, so the bytes stay; only a plain "no" is known to have made none.
    const added = await catalog.add(image, quota);
    if (added === 'quota-exceeded' || added === 'owner-erased') {
      await removeBytes(image.id);
      return refused(added);
    }
    return { kind: 'stored', image: added } as const;
  }

  const find = async (id: string) => (isImageId(id) ? catalog.find(id) : undefined);

  async function remove(owner: Owner, id: string): Promise<boolean> {
    if (!isImageId(id) || !(await catalog.remove(owner, id))) return false;
    await removeBytes(id);
    return true;
  }

  async function removeBytes(id: string): Promise<void> {
    try {
      await objects.deleteFolder(originalsOf(id));
      await objects.deleteFolder(derivativesOf(id));
    } catch (error) {
      deps.onLeftover(id, error);
    }
  }

  async function openOriginal(image: Image): Promise<StoredObject | undefined> {
    const object = await objects.get(originalKey(image));
    if (!object && (await find(image.id))) throw new Error(`the original of image ${image.id} is missing`);
    return object;
  }

  return {
    upload,
    remove,
    find,
    openOriginal,
    findOwn: async (owner, id) => {
      const image = await find(id);
      return image && isOwner(image, owner) ? image : undefined;
    },
    setVisibility: async (owner, id, visibility) =>
      isImageId(id) ? catalog.setVisibility(owner, id, visibility) : undefined,
    list: (owner, page) => catalog.list(owner, page),
  };
}

const refused = (refusal: UploadRefusal): UploadOutcome => ({ kind: 'refused', refusal });
