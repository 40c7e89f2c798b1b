import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Sharp } from 'sharp';
import { afterAll, expect, test } from 'vitest';
import type { SourceKind } from '../../src/domain/image-kind.ts';
import { noise } from '../pictures.ts';

/** Less than a service allows, for the sake of time: need grows with the pixels. */
const BUDGET = 64 * 1024 * 1024;
const MEASURE = fileURLToPath(new URL('./measure-memory.ts', import.meta.url));
const folder = await mkdtemp(join(tmpdir(), 'roomkey-memory-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Something like a photograph: neither flat nor noise. */
const photo = (width: number, height: number) =>
  noise(200, 150).blur(2).resize(width, height, { fit: 'fill' });

interface Case {
  readonly name: string;
  readonly kind: SourceKind;
  readonly width: number;
  readonly height: number;
  readonly encode: (image: Sharp) => Sharp;
}

// Each just below what its header lets in: what is larger is refused unread.
const CASES: readonly Case[] = [
  {
    name: 'a baseline JPEG of 24 MP',
    kind: 'jpeg',
    width: 6_000,
    height: 4_000,
    encode: (image) => image.jpeg(),
  },
  {
    name: 'a turned JPEG of 14 MP',
    kind: 'jpeg',
    width: 4_340,
    height: 3_250,
    encode: (image) => image.jpeg().withMetadata({ orientation: 6 }),
  },
  {
    name: 'a progressive JPEG of 8 MP',
    kind: 'jpeg',
    width: 3_300,
    height: 2_500,
    encode: (image) => image.jpeg({ progressive: true, chromaSubsampling: '4:4:4' }),
  },
  {
    name: 'an interlaced 16-bit PNG of 6 MP',
    kind: 'png',
    width: 2_850,
    height: 2_150,
    encode: (image) =>
      image.ensureAlpha(0.5).toColourspace('rgb16').png({ progressive: true, compressionLevel: 1 }),
  },
  {
    name: 'a transparent WebP of 2.3 MP',
    kind: 'webp',
    width: 1_750,
    height: 1_320,
    encode: (image) => image.ensureAlpha(0.5).webp({ effort: 0 }),
  },
  {
    name: 'a WebP of 5.5 MP',
    kind: 'webp',
    width: 2_700,
    height: 2_040,
    encode: (image) => image.webp({ effort: 0 }),
  },
  {
    name: 'an AVIF of 2.7 MP',
    kind: 'avif',
    width: 1_900,
    height: 1_420,
    encode: (image) => image.avif({ effort: 0 }),
  },
  {
    name: 'a GIF of 8 MP',
    kind: 'gif',
    width: 3_280,
    height: 2_460,
    encode: (image) => image.gif({ effort: 1, colours: 16, dither: 0 }),
  },
];

test.each(CASES)(
  '$name is read within the memory that its header was judged by (security 125)',
  async (given) => {
    const paths = [join(folder, 'small'), join(folder, 'large')];
    for (const [n, [width, height]] of [
      [8, 8],
      [given.width, given.height],
    ].entries()) {
      await writeFile(paths[n] ?? '', await given.encode(photo(width ?? 1, height ?? 1)).toBuffer());
    }
    const args = [MEASURE, ...paths, given.kind, join(folder, 'output'), String(BUDGET)];
    const { stdout } = await promisify(execFile)(execPath, args, { env: {} });
    const { result, extraBytes } = JSON.parse(stdout) as { result: { kind: string }; extraBytes: number };
    expect(result.kind).toBe('normalised');
    expect(extraBytes).toBeLessThan(BUDGET);
  },
);
