import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, expect, test } from 'vitest';
import { openImage } from '../../src/imaging/vips.ts';

const folder = await mkdtemp(join(tmpdir(), 'roomkey-vips-'));
afterAll(() => rm(folder, { recursive: true, force: true }));
const image = () => sharp({ create: { width: 8, height: 8, channels: 3, background: '#f80' } });

async function read(name: string, bytes: Buffer | string) {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return openImage(path, { limitInputPixels: true }).metadata();
}

test.each(['jpeg', 'png', 'webp', 'gif', 'avif'] as const)('libvips reads %s', async (kind) => {
  expect((await read(`a.${kind}`, await image()[kind]().toBuffer())).width).toBe(8);
});

// Names say what they like: libvips decides by bytes, as the sniffing before it does.
test.each([
  ['SVG', 'a.svg', '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>'],
  ['SVG under the name of a PNG', 'b.png', '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>'],
  ['CSV', 'a.csv', '1,2\n3,4\n'],
  ['a matrix', 'a.mat', '2 2\n1 2\n3 4\n'],
  ['PPM', 'a.ppm', 'P3\n1 1\n255\n1 2 3\n'],
  ['PDF', 'a.pdf', '%PDF-1.7\n'],
])('libvips itself does not read %s (security 124)', async (_name, file, content) => {
  await expect(read(file, content)).rejects.toThrow(/unsupported image format/);
});

test('libvips itself does not read TIFF or its own format (security 124)', async () => {
  await expect(read('a.tiff', await image().tiff().toBuffer())).rejects.toThrow(/unsupported image format/);
  const own = join(folder, 'a.v');
  await image().toFile(own);
  await expect(openImage(own, { limitInputPixels: true }).metadata()).rejects.toThrow(
    /unsupported image format/,
  );
});

test('what is not read from a file is not read at all', async () => {
  const png = await image().png().toBuffer();
  await expect(sharp(png).metadata()).rejects.toThrow(/unsupported image format/);
});

// Pinned at or above what fixed the known faults (security 155).
test('the codecs are those that were judged', () => {
  const [major = 0, minor = 0, patch = 0] = sharp.versions.sharp?.split('.').map(Number) ?? [];
  expect(major * 1e6 + minor * 1e3 + patch).toBeGreaterThanOrEqual(35_005);
});
