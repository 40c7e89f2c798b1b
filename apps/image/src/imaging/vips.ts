import sharp, { type Sharp, type SharpOptions } from 'sharp';
import type { SourceKind } from '../domain/image-kind.ts';

// Loaders of libvips by their class names: everything is shut, then the five that read files of the allowlist are opened
// (security 124). `VipsForeignLoadHeif` reads AVIF alone, because this build of libheif has no other decoder.
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({
  operation: [
    'VipsForeignLoadJpegFile',
    'VipsForeignLoadPngFile',
    'VipsForeignLoadWebpFile',
    'VipsForeignLoadNsgifFile',
    'VipsForeignLoadHeifFile',
  ],
});
// One thread a picture: replicas and processes are how this scales, and output stays the same byte for byte.
sharp.concurrency(1);
// Every file is read once; what libvips would keep is memory for nothing.
sharp.cache(false);

/** What sharp calls the kinds of the allowlist. */
export const READER_NAMES: Readonly<Record<SourceKind, string>> = {
  jpeg: 'jpeg',
  png: 'png',
  webp: 'webp',
  gif: 'gif',
  avif: 'heif',
};

/** Opens a file for reading, with every limit of libvips in force (security 126). */
export function openImage(
  path: string,
  options: Pick<SharpOptions, 'limitInputPixels' | 'autoOrient'>,
): Sharp {
  return sharp(path, { failOn: 'warning', unlimited: false, animated: false, ...options });
}
