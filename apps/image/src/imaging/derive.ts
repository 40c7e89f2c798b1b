import { writeFileSync } from 'node:fs';
import type { Sharp } from 'sharp';
import type { DerivedFormat } from '../domain/derivation.ts';
import type { DeriveJob, DeriveResult } from '../domain/image-processor.ts';
import { openImage } from './vips.ts';

/** Makes a derivative of an original that this service has encoded itself; that it cannot be read is a fault, not a refusal. */
export async function derive({ input, output, derivation }: DeriveJob): Promise<DeriveResult> {
  const { region, width, height, mirrored, rotation, quality, format } = derivation;
  let image = openImage(input, { limitInputPixels: true });
  if (region !== 'full') image = image.extract(region);
  image = image.resize(width, height, { fit: 'fill' });
  // IIIF §4.6: region, size, rotation (mirrored first), quality, format; sharp keeps this order once resize is said.
  if (mirrored) image = image.flop();
  if (rotation !== 0) image = image.rotate(rotation);
  if (quality === 'gray') image = image.greyscale().toColourspace('b-w');
  const encoded = await ENCODERS[format](image).toBuffer();
  // On the disk before it has its name in the store: a name without all of its bytes would be served for ever. Nothing else is
  // done here that could go on meanwhile.
  writeFileSync(output, encoded, { mode: 0o600, flush: true });
  return { kind: 'derived', bytes: encoded.length };
}

const ENCODERS: Readonly<Record<DerivedFormat, (image: Sharp) => Sharp>> = {
  // JPEG has no transparency; paper is white.
  jpg: (image) => image.flatten({ background: '#ffffff' }).jpeg({ quality: 80 }),
  png: (image) => image.png({ compressionLevel: 6 }),
  webp: (image) => image.webp({ quality: 80 }),
  avif: (image) => image.avif({ quality: 55, effort: 2, chromaSubsampling: '4:2:0' }),
};
