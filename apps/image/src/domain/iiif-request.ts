import type { DerivedFormat } from './derivation.ts';

/**
 * The path of an image request (IIIF Image API 3.0 §4), taken apart but not yet held against an image: `iiif-geometry.ts`
 * does that.
 */
export interface IiifRequest {
  readonly region: RegionForm;
  readonly size: SizeForm;
  readonly mirrored: boolean;
  readonly rotation: 0 | 90 | 180 | 270;
  readonly quality: 'default' | 'gray';
  readonly format: DerivedFormat;
}

export type RegionForm =
  | { readonly kind: 'full' }
  | { readonly kind: 'square' }
  | {
      readonly kind: 'pixels' | 'percent';
      readonly x: number;
      readonly y: number;
      readonly w: number;
      readonly h: number;
    };

export type SizeForm = { readonly upscale: boolean } & (
  | { readonly kind: 'max' }
  | { readonly kind: 'percent'; readonly percent: number }
  | { readonly kind: 'exact'; readonly width: number | undefined; readonly height: number | undefined }
  | { readonly kind: 'within'; readonly width: number; readonly height: number }
);

/** What is wrong with a request, in a sentence for its sender. */
export interface IiifFault {
  readonly fault: string;
}

const INTEGER = String.raw`(\d{1,9})`;
// §4.7: decimal digits and a point, a leading zero may be missing.
const DECIMAL = String.raw`(\d{1,9}(?:\.\d{1,9})?|\.\d{1,9})`;
const PIXEL_REGION = new RegExp(`^${INTEGER},${INTEGER},${INTEGER},${INTEGER}$`);
const PERCENT_REGION = new RegExp(`^pct:${DECIMAL},${DECIMAL},${DECIMAL},${DECIMAL}$`);
const PERCENT_SIZE = new RegExp(`^pct:${DECIMAL}$`);
const CONFINED_SIZE = new RegExp(`^!${INTEGER},${INTEGER}$`);
const EXACT_SIZE = new RegExp(`^${INTEGER}?,${INTEGER}?$`);

const ROTATIONS = { '0': 0, '90': 90, '180': 180, '270': 270, '360': 0 } as const;
// Colour is what every image is served in unless grey is asked for, so `color` is `default` by another name.
const QUALITIES = { default: 'default', color: 'default', gray: 'gray' } as const;
const FORMATS = { jpg: 'jpg', png: 'png', webp: 'webp', avif: 'avif' } as const;

export function parseIiifRequest(path: {
  region: string;
  size: string;
  rotation: string;
  file: string;
}): IiifRequest | IiifFault {
  const region = parseRegion(path.region);
  if (region === undefined) return { fault: 'The region must be full, square, x,y,w,h or pct:x,y,w,h.' };
  const size = parseSize(path.size);
  if (size === undefined) {
    return { fault: 'The size must be max, w, or ,h or w,h or !w,h or pct:n, with ^ before it to scale up.' };
  }
  const mirrored = path.rotation.startsWith('!');
  const rotation = lookUp(ROTATIONS, path.rotation.slice(mirrored ? 1 : 0));
  if (rotation === undefined)
    return { fault: 'The rotation must be 0, 90, 180 or 270, with ! before it to mirror.' };
  const point = path.file.lastIndexOf('.');
  const quality = lookUp(QUALITIES, path.file.slice(0, Math.max(point, 0)));
  if (quality === undefined) return { fault: 'The quality must be default, color or gray.' };
  const format = lookUp(FORMATS, path.file.slice(point + 1));
  if (format === undefined) return { fault: `The format must be one of ${Object.keys(FORMATS).join(', ')}.` };
  return { region, size, mirrored, rotation, quality, format };
}

function parseRegion(text: string): RegionForm | undefined {
  if (text === 'full' || text === 'square') return { kind: text };
  const kind = text.startsWith('pct:') ? 'percent' : 'pixels';
  const match = (kind === 'percent' ? PERCENT_REGION : PIXEL_REGION).exec(text);
  if (!match) return undefined;
  const [x = 0, y = 0, w = 0, h = 0] = match.slice(1).map(Number);
  return { kind, x, y, w, h };
}

function parseSize(text: string): SizeForm | undefined {
  const upscale = text.startsWith('^');
  const form = upscale ? text.slice(1) : text;
  if (form === 'max') return { kind: 'max', upscale };
  const percent = PERCENT_SIZE.exec(form);
  if (percent) return { kind: 'percent', percent: Number(percent[1]), upscale };
  const confined = CONFINED_SIZE.exec(form);
  if (confined) return { kind: 'within', width: Number(confined[1]), height: Number(confined[2]), upscale };
  const exact = EXACT_SIZE.exec(form);
  if (!exact || form === ',') return undefined;
  return { kind: 'exact', width: optionalNumber(exact[1]), height: optionalNumber(exact[2]), upscale };
}

const optionalNumber = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : Number(text);

function lookUp<Value>(table: Readonly<Record<string, Value>>, key: string): Value | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}
