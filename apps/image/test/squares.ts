import sharp from 'sharp';
import type { Rectangle } from '../src/domain/derivation.ts';

/** As the IIIF validator does it: a picture of squares of known colours, in which every place can be told from every other. */
export const SIDE = 1_000;
const SQUARE = 100;

type Colour = readonly [number, number, number];

const colourOf = (column: number, row: number): Colour => [
  (column * 67 + row * 31) % 256,
  (column * 149 + 90) % 256,
  (row * 173 + 40) % 256,
];

export async function squares(): Promise<Buffer> {
  const pixels = Buffer.alloc(SIDE * SIDE * 3);
  for (let at = 0; at < SIDE * SIDE; at += 1) {
    const [column, row] = [Math.floor((at % SIDE) / SQUARE), Math.floor(at / SIDE / SQUARE)];
    pixels.set(colourOf(column, row), at * 3);
  }
  return sharp(pixels, { raw: { width: SIDE, height: SIDE, channels: 3 } })
    .png()
    .toBuffer();
}

export interface Expected {
  readonly region?: Rectangle;
  /** Of the picture, before it is turned. */
  readonly width: number;
  readonly height: number;
  readonly mirrored?: boolean;
  readonly degrees?: 0 | 90 | 180 | 270;
  readonly gray?: boolean;
}

const WHOLE: Rectangle = { left: 0, top: 0, width: SIDE, height: SIDE };
const SAMPLES = 12;
/** Of a square: nearer to its edge, neighbours mix in. */
const MARGIN = 0.2;
const TOLERANCE = 40;

/**
 * Holds a picture against the squares it must show: each point is followed back to where it came from (IIIF Image API 3.0 §4.6:
 * region, size, mirror, rotation, quality, read backwards).
 *
 * @returns what is wrong
 */
export async function faultsOfPicture(bytes: Buffer, expected: Expected): Promise<string[]> {
  const { region = WHOLE, width, height, mirrored = false, degrees = 0, gray = false } = expected;
  const { data, info } = await sharp(bytes)
    .toColourspace('srgb')
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const turned = degrees === 90 || degrees === 270;
  const size = turned ? [height, width] : [width, height];
  if (info.width !== size[0] || info.height !== size[1])
    return [`is ${info.width} × ${info.height}, not ${size.join(' × ')}`];

  const faults = [];
  let seen = 0;
  for (let sample = 0; sample < SAMPLES * SAMPLES; sample += 1) {
    const x = ((sample % SAMPLES) + 0.5) / SAMPLES;
    const y = (Math.floor(sample / SAMPLES) + 0.5) / SAMPLES;
    const [unturnedX, unturnedY] = turnedBack(x, y, degrees);
    const column = (region.left + (mirrored ? 1 - unturnedX : unturnedX) * region.width) / SQUARE;
    const row = (region.top + unturnedY * region.height) / SQUARE;
    if (isNearEdge(column) || isNearEdge(row)) continue;
    seen += 1;
    const wanted = colourOf(Math.floor(column), Math.floor(row));
    const at = (Math.floor(y * info.height) * info.width + Math.floor(x * info.width)) * info.channels;
    const found = [...data.subarray(at, at + 3)];
    const right = gray
      ? new Set(found).size === 1 && Math.abs((found[0] ?? 0) - lightness(wanted)) < TOLERANCE
      : wanted.every((value, channel) => Math.abs(value - (found[channel] ?? 0)) < TOLERANCE);
    if (!right) faults.push(`at ${x}, ${y}: ${found.join()} and not ${wanted.join()}`);
  }
  return seen < SAMPLES ? ['shows too little to be judged'] : faults;
}

function turnedBack(x: number, y: number, degrees: number): [number, number] {
  if (degrees === 90) return [y, 1 - x];
  if (degrees === 180) return [1 - x, 1 - y];
  return degrees === 270 ? [1 - y, x] : [x, y];
}

const isNearEdge = (place: number): boolean => {
  const within = place - Math.floor(place);
  return within < MARGIN || within > 1 - MARGIN;
};

/** Of light, not of its code: sRGB is nearly a power of 2.2. */
const lightness = ([red, green, blue]: Colour): number =>
  (0.2126 * red ** 2.2 + 0.7152 * green ** 2.2 + 0.0722 * blue ** 2.2) ** (1 / 2.2);
