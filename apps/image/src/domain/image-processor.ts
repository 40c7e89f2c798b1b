import type { Derivation } from './derivation.ts';
import type { SourceKind } from './image-kind.ts';
import type { StoredFormat } from './image.ts';

/** What a file may ask of this machine. */
export interface DecodingLimits {
  /** Width × height × frames. */
  readonly maxPixels: number;
  /** Memory a decoder may need, estimated from the header before it starts. */
  readonly maxMemoryBytes: number;
  /** Size of the file once it is encoded anew. */
  readonly maxStoredBytes: number;
}

export interface NormaliseJob {
  readonly input: string;
  readonly output: string;
  readonly kind: SourceKind;
  readonly limits: DecodingLimits;
}

/** Why a file is not taken although its first bytes are right. */
export type ImageRefusal = 'broken' | 'too-many-pixels' | 'too-costly' | 'too-large-encoded' | 'too-slow';

export type NormaliseResult =
  | {
      readonly kind: 'normalised';
      readonly width: number;
      readonly height: number;
      readonly format: StoredFormat;
      readonly bytes: number;
      readonly contentHash: string;
    }
  | { readonly kind: 'refused'; readonly refusal: ImageRefusal };

export interface DeriveJob {
  readonly input: string;
  readonly output: string;
  readonly derivation: Derivation;
}

export interface DeriveResult {
  readonly kind: 'derived';
  /** Size of the file that was made. */
  readonly bytes: number;
}

/** Decodes and encodes, away from requests; `busy` when too much waits already. */
export interface ImageProcessor {
  /** Orientation and colour profile applied, first frame only, everything else but pixels left behind. */
  normalise(job: NormaliseJob): Promise<NormaliseResult | { readonly kind: 'busy' }>;
  /** Makes a derivative of a stored original, the same bytes every time. */
  derive(job: DeriveJob): Promise<DeriveResult | { readonly kind: 'busy' }>;
}
