import type { Derivation, Rectangle } from './derivation.ts';
import type { IiifFault, IiifRequest, RegionForm, SizeForm } from './iiif-request.ts';

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Largest picture that is given out (IIIF Image API 3.0 §5.2); `maxSide` is both `maxWidth` and `maxHeight`. */
export interface OutputLimits {
  readonly maxSide: number;
  readonly maxArea: number;
}

/** A request held against an image: what to do, and its one canonical spelling (§4.8). */
export interface ResolvedRequest {
  readonly derivation: Derivation;
  /** `region/size/rotation/quality.format` */
  readonly canonicalPath: string;
}

/** AVIF takes so much longer to make than other formats that large ones would not be made in time. */
const MAX_AVIF_AREA = 1_920 * 1_080;

/** Decides every number of a derivative. A fault is a 400: the request cannot be met for this image. */
export function resolveIiifRequest(
  request: IiifRequest,
  image: Size,
  limits: OutputLimits,
): ResolvedRequest | IiifFault {
  const region = resolveRegion(request.region, image);
  if ('fault' in region) return region;
  const size = resolveSize(request.size, region, limits);
  if ('fault' in size) return size;
  const { mirrored, rotation, quality, format } = request;
  if (format === 'avif' && size.width * size.height > MAX_AVIF_AREA) {
    return { fault: `The size goes beyond what is given out as AVIF: ${MAX_AVIF_AREA} pixels in all.` };
  }
  const isFull = region.width === image.width && region.height === image.height;
  const derivation: Derivation = {
    region: isFull ? 'full' : region,
    width: size.width,
    height: size.height,
    mirrored,
    rotation,
    quality,
    format,
  };
  const regionText = isFull ? 'full' : `${region.left},${region.top},${region.width},${region.height}`;
  const rotationText = `${mirrored ? '!' : ''}${rotation}`;
  const sizeText = canonicalSize(size, region, limits);
  return { derivation, canonicalPath: `${regionText}/${sizeText}/${rotationText}/${quality}.${format}` };
}

function resolveRegion(form: RegionForm, image: Size): Rectangle | IiifFault {
  const { width, height } = image;
  if (form.kind === 'full') return { left: 0, top: 0, width, height };
  if (form.kind === 'square') {
    const side = Math.min(width, height);
    return {
      left: Math.floor((width - side) / 2),
      top: Math.floor((height - side) / 2),
      width: side,
      height: side,
    };
  }
  const { x, y, w, h } = form;
  if (form.kind === 'pixels') return clip(x, y, w, h, image);
  const ofWidth = (percent: number) => Math.round((width * percent) / 100);
  const ofHeight = (percent: number) => Math.round((height * percent) / 100);
  return clip(ofWidth(x), ofHeight(y), ofWidth(w), ofHeight(h), image);
}

/** §4.1: what extends beyond the image is cut off; nothing left is an error. */
function clip(left: number, top: number, w: number, h: number, image: Size): Rectangle | IiifFault {
  const width = Math.min(w, image.width - left);
  const height = Math.min(h, image.height - top);
  if (width < 1 || height < 1) {
    return { fault: `The region holds nothing of this image, which is ${image.width} × ${image.height}.` };
  }
  return { left, top, width, height };
}

function resolveSize(form: SizeForm, region: Size, limits: OutputLimits): Size | IiifFault {
  const size = wantedSize(form, region, limits);
  if (size.width < 1 || size.height < 1) return { fault: 'The size must be at least 1 × 1.' };
  if (!form.upscale && (size.width > region.width || size.height > region.height)) {
    return {
      fault: `The region is only ${region.width} × ${region.height}; write ^ before the size to scale up.`,
    };
  }
  if (!isWithin(size, limits)) {
    return {
      fault: `The size goes beyond what is given out: ${limits.maxSide} a side, ${limits.maxArea} pixels in all.`,
    };
  }
  return size;
}

const NOTHING: Size = { width: 0, height: 0 };

function wantedSize(form: SizeForm, region: Size, limits: OutputLimits): Size {
  if (form.kind === 'max') return largest(region, limits, form.upscale ? Infinity : 1);
  if (form.kind === 'percent') return scaled(region, form.percent / 100);
  const { width, height } = form;
  if (form.kind === 'within') {
    const fit = Math.min(form.width / region.width, form.height / region.height);
    return fit === 0 ? NOTHING : largest(region, limits, form.upscale ? fit : Math.min(fit, 1));
  }
  if (width !== undefined && height !== undefined) return { width, height };
  if (width !== undefined) return { ...scaled(region, width / region.width), width };
  return height === undefined ? NOTHING : { ...scaled(region, height / region.height), height };
}

/** The largest size of a region's shape up to `scale` that the limits allow. */
function largest(region: Size, { maxSide, maxArea }: OutputLimits, scale: number): Size {
  const { width, height } = region;
  const allowed = Math.min(maxSide / width, maxSide / height, Math.sqrt(maxArea / (width * height)));
  if (scale <= allowed) return scaled(region, scale);
  // Rounded down, so that no side and no area ends one pixel above its limit.
  return {
    width: Math.max(1, Math.floor(width * allowed)),
    height: Math.max(1, Math.floor(height * allowed)),
  };
}

function scaled({ width, height }: Size, scale: number): Size {
  return scale === 0 ? NOTHING : { width: atLeastOne(width * scale), height: atLeastOne(height * scale) };
}

// A very long or very high image still has a picture at any scale: its short side stays one pixel.
const atLeastOne = (pixels: number): number => Math.max(1, Math.round(pixels));

const isWithin = ({ width, height }: Size, { maxSide, maxArea }: OutputLimits): boolean =>
  width <= maxSide && height <= maxSide && width * height <= maxArea;

function canonicalSize(size: Size, region: Size, limits: OutputLimits): string {
  if (isSame(size, largest(region, limits, 1))) return 'max';
  if (isSame(size, largest(region, limits, Infinity))) return '^max';
  const upscaled = size.width > region.width || size.height > region.height;
  return `${upscaled ? '^' : ''}${size.width},${size.height}`;
}

const isSame = (a: Size, b: Size): boolean => a.width === b.width && a.height === b.height;
