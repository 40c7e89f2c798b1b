import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import type { Metadata, Sharp } from 'sharp';
import { judgeHeader, type ImageHeader } from '../domain/decode-cost.ts';
import type { SourceKind } from '../domain/image-kind.ts';
import type { ImageRefusal, NormaliseJob, NormaliseResult } from '../domain/image-processor.ts';
import type { StoredFormat } from '../domain/image.ts';
import { openImage, READER_NAMES } from './vips.ts';
import { isLosslessWebp } from './webp-losslessness.ts';

const JPEG_QUALITY = 90;
const WEBP_QUALITY = 90;
const WEBP_MAX_SIDE = 16_383;
/** Orientations 5 to 8 exchange width and height (Exif 2.32, tag 0x0112). */
const FIRST_TURNED_ORIENTATION = 5;

/**
 * Encodes an upload anew: upright, in sRGB with 8 bits a sample, first frame, and nothing but pixels (security 128): sharp
 * writes no metadata and no profile unless told to. What libvips cannot read without a warning is broken.
 */
export async function normalise({ input, output, kind, limits }: NormaliseJob): Promise<NormaliseResult> {
  const metadata = await readable(openImage(input, { limitInputPixels: false }).metadata());
  if (metadata === undefined || !isOfKind(metadata, kind)) return refused('broken');
  const refusal = judgeHeader(headerOf(metadata, kind), limits);
  if (refusal) return refused(refusal);

  const format = await storedFormat(input, metadata, kind);
  const image = openImage(input, { limitInputPixels: limits.maxPixels, autoOrient: true }).toColourspace(
    'srgb',
  );
  const encoded = await readable(ENCODERS[format](image, metadata).toBuffer({ resolveWithObject: true }));
  if (encoded === undefined) return refused('broken');
  const { data, info } = encoded;
  if (data.length > limits.maxStoredBytes) return refused('too-large-encoded');

  await writeFile(output, data, { mode: 0o600 });
  const contentHash = createHash('sha256').update(data).digest('hex');
  return {
    kind: 'normalised',
    width: info.width,
    height: info.height,
    format,
    bytes: data.length,
    contentHash,
  };
}

/** The file is there and has been read, so whatever libvips still says against it is the file's own fault. */
async function readable<Result>(reading: Promise<Result>): Promise<Result | undefined> {
  return reading.catch(() => undefined);
}

function isOfKind(metadata: Metadata, kind: SourceKind): boolean {
  return metadata.format === READER_NAMES[kind] && (kind !== 'avif' || metadata.compression === 'av1');
}

function headerOf(metadata: Metadata, kind: SourceKind): ImageHeader {
  return {
    kind,
    width: metadata.width,
    height: metadata.height,
    frames: metadata.pages ?? 1,
    channels: metadata.channels,
    hasAlpha: metadata.hasAlpha,
    chromaHalved: isChromaHalved(metadata),
    sampleBytes: metadata.depth === 'uchar' ? 1 : 2,
    progressive: metadata.isProgressive,
    turned: (metadata.orientation ?? 1) >= FIRST_TURNED_ORIENTATION,
  };
}

/** Lossless stays lossless, lossy becomes JPEG, and WebP where it is transparent. */
async function storedFormat(input: string, metadata: Metadata, kind: SourceKind): Promise<StoredFormat> {
  if (kind === 'jpeg') return 'jpeg';
  if (kind === 'png' || kind === 'gif') return 'png';
  if (kind === 'webp' && (await isLosslessWebp(input))) return 'png';
  if (!metadata.hasAlpha) return 'jpeg';
  return Math.max(metadata.width, metadata.height) <= WEBP_MAX_SIDE ? 'webp' : 'png';
}

const isChromaHalved = ({ format, chromaSubsampling }: Metadata): boolean =>
  format === 'webp' || chromaSubsampling?.startsWith('4:2:0') === true;

const ENCODERS: Readonly<Record<StoredFormat, (image: Sharp, metadata: Metadata) => Sharp>> = {
  jpeg: (image, metadata) =>
    image.jpeg({
      quality: JPEG_QUALITY,
      chromaSubsampling: isChromaHalved(metadata) ? '4:2:0' : '4:4:4',
      // Optimised tables would hold the whole picture's coefficients to save a twentieth of the file.
      optimiseCoding: false,
    }),
  png: (image) => image.png({ compressionLevel: 6 }),
  webp: (image) => image.webp({ quality: WEBP_QUALITY, effort: 2 }),
};

const refused = (refusal: ImageRefusal): NormaliseResult => ({ kind: 'refused', refusal });
