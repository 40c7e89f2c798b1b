import type { SourceKind } from './image-kind.ts';
import type { DecodingLimits, ImageRefusal } from './image-processor.ts';

/** What a file says of itself before anything is decoded. */
export interface ImageHeader {
  readonly kind: SourceKind;
  readonly width: number;
  readonly height: number;
  readonly frames: number;
  readonly channels: number;
  readonly hasAlpha: boolean;
  /** JPEG's 4:2:0 */
  readonly chromaHalved: boolean;
  /** Bytes of one sample as decoded: 1, or 2 for 16-bit files. */
  readonly sampleBytes: number;
  /** Interlaced or progressive: the whole picture is held until the last pass. */
  readonly progressive: boolean;
  /** Turned by its orientation: the whole picture is held to be read the other way. */
  readonly turned: boolean;
}

/** Holds a header against the limits (security 125), before a single pixel is decoded. */
export function judgeHeader(header: ImageHeader, limits: DecodingLimits): ImageRefusal | undefined {
  if (header.width * header.height * header.frames > limits.maxPixels) return 'too-many-pixels';
  return decodingBytes(header) > limits.maxMemoryBytes ? 'too-costly' : undefined;
}

/** What every job takes, whatever it reads. */
const FIXED_BYTES = 16 * 1024 * 1024;
const COEFFICIENT_BYTES = 2;
/** A pixel, where a file is read and written by bands of rows. */
const BAND_BYTES = 0.5;

/**
 * Memory that reading one frame and writing it again takes at its peak. The numbers a pixel were measured with the codecs
 * of sharp 0.35.5 and rounded up; `test/imaging/memory.test.ts` holds them against the real ones.
 */
function decodingBytes(header: ImageHeader): number {
  const pixels = header.width * header.height;
  const turning = header.turned ? header.channels * header.sampleBytes : 0;
  return FIXED_BYTES + pixels * (codecBytes(header) + turning);
}

function codecBytes(header: ImageHeader): number {
  const { kind, channels, sampleBytes, progressive } = header;
  if (kind === 'avif') return 18;
  if (kind === 'webp') return header.hasAlpha ? 21 : 9;
  if (kind === 'gif') return 6;
  if (!progressive) return BAND_BYTES;
  if (kind === 'png') return channels * sampleBytes;
  // Halved both ways, the two chroma planes are a quarter each.
  return COEFFICIENT_BYTES * (header.chromaHalved ? channels / 2 : channels);
}
