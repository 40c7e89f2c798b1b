import type { DerivedFormat } from './derivation.ts';
import { isImageId, type StoredFormat } from './image.ts';

const EXTENSIONS: Readonly<Record<StoredFormat, string>> = { jpeg: 'jpg', png: 'png', webp: 'webp' };

/**
 * Objects are named by image and content, and never shared between images: whoever deletes an image is rid of its bytes,
 * and no count of references can be wrong.
 */
export const originalsOf = (id: string): string => `originals/${id.slice(0, 2)}/${id}`;

export const derivativesOf = (id: string): string => `derived/${id.slice(0, 2)}/${id}`;

export const originalKey = (image: { id: string; contentHash: string; format: StoredFormat }): string =>
  `${originalsOf(image.id)}/${image.contentHash}.${EXTENSIONS[image.format]}`;

export const derivativeKey = (id: string, tag: string, format: DerivedFormat): string =>
  `${derivativesOf(id)}/${tag}.${format}`;

/** The image that an object belongs to. */
export const imageOfKey = (key: string): string | undefined => {
  const id = key.split('/')[2] ?? '';
  return isImageId(id) ? id : undefined;
};
