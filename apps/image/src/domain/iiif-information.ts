import { resolveIiifRequest, type OutputLimits, type Size } from './iiif-geometry.ts';

const TILE_SIDE = 512;
/** Where a list of sizes ends: what is smaller is quickly made of any of them. */
const SMALLEST_SIDE = 64;

/**
 * The image information document (IIIF Image API 3.0 §5): what a viewer must know to ask for pictures.
 *
 * @param id base URI of the image
 */
export function describeForViewers(id: string, { width, height }: Size, limits: OutputLimits) {
  return {
    '@context': 'http://iiif.io/api/image/3/context.json',
    id,
    type: 'ImageService3',
    protocol: 'http://iiif.io/api/image',
    profile: 'level2',
    width,
    height,
    maxWidth: limits.maxSide,
    maxHeight: limits.maxSide,
    maxArea: limits.maxArea,
    sizes: sizesOf({ width, height }, limits),
    tiles: [{ width: TILE_SIDE, scaleFactors: scaleFactorsOf({ width, height }) }],
    preferredFormats: ['webp', 'jpg'],
    extraFormats: ['webp', 'avif'],
    extraQualities: ['color', 'gray'],
    extraFeatures: ['canonicalLinkHeader', 'mirroring', 'profileLinkHeader', 'sizeUpscaling'],
  };
}

/** The whole image at every half, as far as it is given out at all; smallest first. */
function sizesOf(image: Size, limits: OutputLimits): Size[] {
  const sizes = [];
  for (let factor = 1; isLargeEnough(image, factor) || factor === 1; factor *= 2) {
    const size = { width: Math.ceil(image.width / factor), height: Math.ceil(image.height / factor) };
    if (isGivenOut(size, image, limits)) sizes.unshift(size);
  }
  return sizes;
}

const isLargeEnough = (image: Size, factor: number): boolean =>
  Math.max(image.width, image.height) / factor >= SMALLEST_SIDE;

function isGivenOut(size: Size, image: Size, limits: OutputLimits): boolean {
  const whole = {
    region: { kind: 'full' },
    mirrored: false,
    rotation: 0,
    quality: 'default',
    format: 'jpg',
  } as const;
  const request = { ...whole, size: { kind: 'exact', upscale: false, ...size } } as const;
  return !('fault' in resolveIiifRequest(request, image, limits));
}

/** Up to the one at which the whole image is a single tile. */
function scaleFactorsOf({ width, height }: Size): number[] {
  const factors = [1];
  for (let factor = 1; Math.max(width, height) / factor > TILE_SIDE;) factors.push((factor *= 2));
  return factors;
}
