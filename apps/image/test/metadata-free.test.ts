import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, expect, test } from 'vitest';
import { ALLOWED_PARTS, structureOf } from './file-structure.ts';
import { openImage } from './open-image.ts';
import { colourAt, corners, loadedGif, loadedJpeg, loadedPng, SECRET, withMetadata } from './pictures.ts';

const image = await openImage();
afterAll(() => image[Symbol.asyncDispose]());

const TRACES = [
  SECRET,
  'Exif',
  'http://ns.adobe.com',
  'xmpmeta',
  'Photoshop',
  'ICC_PROFILE',
  'iCCP',
  'GPS',
  'acsp',
  'PK\u0003',
];

const LOADED: Record<string, () => Promise<Buffer>> = {
  'a JPEG with Exif, GPS, XMP, IPTC, profile, comment and a ZIP behind it': loadedJpeg,
  'a PNG with Exif, XMP, profile, texts, time, a private chunk and a script behind it': loadedPng,
  'a lossy WebP with Exif, XMP and profile': () => withMetadata(corners()).webp().toBuffer(),
  'a lossless WebP with Exif, XMP and profile': () =>
    withMetadata(corners()).webp({ lossless: true }).toBuffer(),
  'a transparent WebP with Exif, XMP and profile': () =>
    withMetadata(corners().ensureAlpha(0.5)).webp().toBuffer(),
  'a GIF with a comment and bytes behind it': loadedGif,
  'an AVIF with Exif, XMP and profile': () => withMetadata(corners()).avif().toBuffer(),
};

test.each(Object.keys(LOADED))('nothing but pixels is kept and served of %s (security 128)', async (name) => {
  const loaded = (await LOADED[name]?.()) ?? Buffer.alloc(0);
  expect(TRACES.filter((trace) => loaded.includes(trace))).not.toEqual([]);

  const { id } = await image.mia.keep(loaded);
  const served = [];
  for (const format of ['jpg', 'png', 'webp']) {
    for (const size of ['max', '20,']) {
      const picture = await image.mia.picture(id, `full/${size}/0/default.${format}`);
      expect(picture.status).toBe(200);
      served.push(picture.bytes);
    }
  }
  const files = (await image.files()).filter((file) => file.includes(id));
  const stored = await Promise.all(files.map((file) => readFile(join(image.folder, file))));
  expect(stored.length).toBeGreaterThanOrEqual(6);
  for (const bytes of [...served, ...stored]) {
    expect(TRACES.filter((trace) => bytes.includes(trace))).toEqual([]);
    expect(structureOf(bytes).filter((part) => !ALLOWED_PARTS.has(part))).toEqual([]);
  }
});

test('the planted files do hold what is looked for, so that its absence means something', async () => {
  expect(structureOf(await loadedJpeg())).toContain('marker e1');
  expect(structureOf(await loadedJpeg()).at(-1)).toMatch(/bytes after the end$/);
  expect(structureOf(await loadedPng())).toEqual(
    expect.arrayContaining(['iCCP', 'tEXt', 'iTXt', 'eXIf', 'prVt']),
  );
  expect(structureOf(await withMetadata(corners()).webp().toBuffer())).toEqual(
    expect.arrayContaining(['ICCP', 'EXIF', 'XMP ']),
  );
  expect((await sharp(await withMetadata(corners()).avif().toBuffer()).metadata()).exif).toBeDefined();
});

const UPRIGHT = ['red', 'green', 'blue', 'white'];
const OUTER_POINTS = [
  [0.2, 0.2],
  [0.8, 0.2],
  [0.2, 0.8],
  [0.8, 0.8],
] as const;

// Exif 2.32, tag 0x0112: how an upright picture is turned, and then mirrored, to be stored with this orientation.
const UNDO: Record<number, { degrees: number; mirrored: boolean }> = {
  1: { degrees: 0, mirrored: false },
  2: { degrees: 0, mirrored: true },
  3: { degrees: 180, mirrored: false },
  4: { degrees: 180, mirrored: true },
  5: { degrees: 90, mirrored: true },
  6: { degrees: 270, mirrored: false },
  7: { degrees: 270, mirrored: true },
  8: { degrees: 90, mirrored: false },
};

test.each([1, 2, 3, 4, 5, 6, 7, 8])('orientation %i is applied before it is dropped', async (orientation) => {
  const upright = await corners(64, 48).png().toBuffer();
  const { degrees, mirrored } = UNDO[orientation] ?? { degrees: 0, mirrored: false };
  const turned = await sharp(upright).rotate(degrees).png().toBuffer();
  const stored = await (mirrored ? sharp(turned).flop() : sharp(turned)).png().toBuffer();
  const asTaken = await sharp(stored).jpeg({ quality: 95 }).withMetadata({ orientation }).toBuffer();

  const { id, width, height } = await image.mia.keep(asTaken);
  expect([width, height]).toEqual([64, 48]);
  const { bytes } = await image.mia.picture(id, 'full/max/0/default.png');
  expect(await Promise.all(OUTER_POINTS.map(([x, y]) => colourAt(bytes, x, y)))).toEqual(UPRIGHT);
});

test('a colour profile is applied before it is dropped', async () => {
  const wide = await sharp({
    create: { width: 16, height: 16, channels: 3, background: { r: 200, g: 40, b: 40 } },
  })
    .withIccProfile('p3')
    .png()
    .toBuffer();
  // The same numbers without their profile are another, duller colour.
  const bare = await sharp(wide, { ignoreIcc: true }).raw().toBuffer();
  expect(bare[0]).toBeLessThan(195);
  const { id } = await image.mia.keep(wide);
  const { bytes } = await image.mia.picture(id, 'full/max/0/default.png');
  const { data } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
  expect(Math.abs((data[0] ?? 0) - 200)).toBeLessThanOrEqual(2);
  expect(Math.abs((data[1] ?? 0) - 40)).toBeLessThanOrEqual(2);
});

test.each([
  ['CMYK', () => corners().toColourspace('cmyk').jpeg().toBuffer()],
  ['16 bits a sample', () => corners().toColourspace('rgb16').png().toBuffer()],
  ['grey', () => corners().greyscale().jpeg().toBuffer()],
])('%s becomes something every browser shows', async (_name, make) => {
  const { id } = await image.mia.keep(await make());
  const { bytes } = await image.mia.picture(id, 'full/max/0/default.jpg');
  const { space, depth } = await sharp(bytes).metadata();
  expect(['srgb', 'b-w']).toContain(space);
  expect(depth).toBe('uchar');
});
