export type DerivedFormat = 'jpg' | 'png' | 'webp' | 'avif';

/** A rectangle of the original, in its pixels. */
export interface Rectangle {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** What to do to an original, in this order; every member is decided, nothing is left to defaults. */
export interface Derivation {
  /** `full` where nothing is cut: decoders can then skip pixels. */
  readonly region: Rectangle | 'full';
  readonly width: number;
  readonly height: number;
  readonly mirrored: boolean;
  readonly rotation: 0 | 90 | 180 | 270;
  readonly quality: 'default' | 'gray';
  readonly format: DerivedFormat;
}
