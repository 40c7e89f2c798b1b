import { createHash } from 'node:crypto';
import type { DerivedFormat } from './derivation.ts';
import { resolveIiifRequest, type OutputLimits, type ResolvedRequest } from './iiif-geometry.ts';
import { parseIiifRequest, type IiifFault } from './iiif-request.ts';
import type { ImageProcessor } from './image-processor.ts';
import type { Image } from './image.ts';
import { derivativeKey, derivativesOf, originalKey } from './object-keys.ts';
import type { ObjectStore, StoredObject } from './object-store.ts';
import { createRecentBytes } from './recent-bytes.ts';

/** A derivative that can be given out; its tag is known before it is made. */
export interface Derivative {
  readonly image: Image;
  readonly request: ResolvedRequest;
  /** Names the bytes: equal tags, equal bytes. */
  readonly tag: string;
  readonly format: DerivedFormat;
}

export interface DerivativesDeps {
  readonly objects: ObjectStore;
  readonly processor: ImageProcessor;
  readonly limits: OutputLimits;
  /** Bytes of derivatives that are kept in memory besides, for those who ask next. */
  readonly maxRecentBytes: number;
}

/** Bytes at hand, or as they come. */
export type Picture = Buffer | StoredObject;

export interface Derivatives {
  /** What a request path asks of an image. */
  describe(image: Image, path: Parameters<typeof parseIiifRequest>[0]): Derivative | IiifFault;
  /** The bytes, made first where they are not there yet; `gone` when the image was deleted meanwhile. */
  open(derivative: Derivative): Promise<Picture | 'busy' | 'gone'>;
}

/** What was made: its bytes, or that they are too many to have at hand. */
type Made = Buffer | 'large';

/** Goes up when the same request shall give other bytes than before, so that no cache keeps the old ones. */
const REVISION = 1;

const STORED_AS = { jpeg: 'jpg', png: 'png', webp: 'webp' } as const;

/**
 * Derivatives are made when they are first asked for, once for all who ask at the same time, and kept in the object store.
 * They can be removed from it at any time: they are made again, byte for byte.
 */
export function createDerivatives({
  objects,
  processor,
  limits,
  maxRecentBytes,
}: DerivativesDeps): Derivatives {
  const recent = createRecentBytes(maxRecentBytes);
  const inMaking = new Map<string, Promise<Made | 'busy' | 'gone'>>();

  function describe(image: Image, path: Parameters<typeof parseIiifRequest>[0]): Derivative | IiifFault {
    const parsed = parseIiifRequest(path);
    if ('fault' in parsed) return parsed;
    const request = resolveIiifRequest(parsed, image, limits);
    if ('fault' in request) return request;
    const tag = createHash('sha256')
      .update(`${REVISION}/${image.contentHash}/${request.canonicalPath}`)
      .digest('hex')
      .slice(0, 32);
    return { image, request, tag, format: parsed.format };
  }

  async function open(derivative: Derivative): Promise<Picture | 'busy' | 'gone'> {
    if (isOriginal(derivative)) return (await objects.get(originalKey(derivative.image))) ?? 'gone';
    const key = derivativeKey(derivative.image.id, derivative.tag, derivative.format);
    const kept = recent.get(key);
    if (kept) return kept;
    const stored = await objects.read(key, recent.maxBytes);
    if (stored) {
      // Asked for again, so worth the memory: to keep what nobody asks for twice costs each picture a share of a collection.
      if (Buffer.isBuffer(stored)) recent.keep(key, stored);
      return stored;
    }
    const made = await (inMaking.get(key) ?? make(derivative, key));
    return made === 'large' ? ((await objects.get(key)) ?? 'gone') : made;
  }

  function make(derivative: Derivative, key: string): Promise<Made | 'busy' | 'gone'> {
    const making = derive(derivative, key).finally(() => inMaking.delete(key));
    inMaking.set(key, making);
    return making;
  }

  async function derive({ image, request }: Derivative, key: string): Promise<Made | 'busy' | 'gone'> {
    await using original = await objects.borrow(originalKey(image));
    if (!original) return 'gone';
    await using made = objects.scratch();
    const { derivation } = request;
    let picture: Made;
    try {
      const result = await processor.derive({ input: original.path, output: made.path, derivation });
      if (result.kind === 'busy') return 'busy';
      picture = result.bytes > recent.maxBytes ? 'large' : made.bytes();
    } catch (error) {
      // Deleted before it was read: no fault of anything here.
      if (await objects.has(originalKey(image))) throw error;
      return 'gone';
    }
    await objects.putReplaceable(key, made);
    // Whoever ends the image removes the original first: one that is there now is removed with what has just been put.
    if (await objects.has(originalKey(image))) return picture;
    await objects.deleteFolder(derivativesOf(image.id));
    return 'gone';
  }

  return { describe, open };
}

/** Originals were encoded anew when they came in, so the whole picture in its own format is given out as it lies. */
const isOriginal = ({ image, request: { derivation }, format }: Derivative): boolean =>
  derivation.region === 'full' &&
  derivation.width === image.width &&
  derivation.height === image.height &&
  derivation.rotation === 0 &&
  !derivation.mirrored &&
  derivation.quality === 'default' &&
  format === STORED_AS[image.format];
