import { Type } from '@roomkey/schema';
import type { Image } from '../domain/image.ts';

export const VisibilitySchema = Type.Enum(['private', 'public'], {
  description: 'private: yours alone; public: everybody sees the pictures',
});

export const ImageSchema = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    visibility: VisibilitySchema,
    width: Type.Integer({ description: 'pixels, after the orientation was applied' }),
    height: Type.Integer(),
    format: Type.Enum(['jpeg', 'png', 'webp'], { description: 'what the original is kept as' }),
    bytes: Type.Integer({ description: 'size of the original as it is kept' }),
    createdAt: Type.String({ format: 'date-time' }),
    iiif: Type.String({ format: 'uri', description: 'base URI for the IIIF Image API 3' }),
  },
  { description: 'An image of yours' },
);

/** @param iiifUrl base of IIIF addresses, without a slash at its end */
export function toImageJson(image: Image, iiifUrl: string) {
  const { id, visibility, width, height, format, bytes, createdAt } = image;
  return {
    id,
    visibility,
    width,
    height,
    format,
    bytes,
    createdAt: createdAt.toISOString(),
    iiif: `${iiifUrl}/${id}`,
  };
}
