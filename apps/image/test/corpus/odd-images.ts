import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { animation, corners, pngChunk, pngHeader } from '../pictures.ts';
import { gifSaying } from './bombs.ts';
import { files, insert, type HostileFile } from './hostile-file.ts';

const clear = { r: 255, g: 0, b: 0, alpha: 0.5 };
const half = (width = 40, height = 30) =>
  sharp({ create: { width, height, channels: 4, background: clear } });
const plain = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: '#369' } });

/** A PNG with a palette, of any bit depth, and transparency in it. */
function palettePng(depth: 1 | 2 | 4 | 8): Buffer {
  const rowBytes = Math.ceil((8 * depth) / 8);
  const rows = Buffer.alloc(8 * (rowBytes + 1));
  return Buffer.concat([
    pngHeader(8, 8, { depth, colour: 3 }),
    pngChunk('PLTE', Buffer.from([255, 0, 0, 0, 0, 255])),
    pngChunk('tRNS', Buffer.from([128, 255])),
    pngChunk('IDAT', deflateSync(rows)),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

/** An animated PNG: whoever does not know animation sees the first frame. */
async function animatedPng(): Promise<Buffer> {
  const control = Buffer.alloc(8);
  control.writeUInt32BE(2, 0);
  const frame = Buffer.alloc(26);
  frame.writeUInt32BE(64, 4);
  frame.writeUInt32BE(48, 8);
  return insert(corners().png().toBuffer(), 33, pngChunk('acTL', control), pngChunk('fcTL', frame));
}

/** Not hostile, only rare: images like any other. */
export const ODD_IMAGES: readonly HostileFile[] = files(201, {
  'a JPEG of one pixel': () => corners(1, 1).jpeg().toBuffer(),
  'a PNG of one pixel': () => corners(1, 1).png().toBuffer(),
  'a GIF of one pixel': () => corners(1, 1).gif().toBuffer(),
  'a WebP of one pixel': () => corners(1, 1).webp().toBuffer(),
  'an AVIF of one pixel': () => corners(1, 1).avif().toBuffer(),
  'a PNG of 30,000 × 1': () => corners(30_000, 1).png().toBuffer(),
  'a PNG of 1 × 30,000': () => corners(1, 30_000).png().toBuffer(),
  'a JPEG of 65,000 × 1': () => corners(65_000, 1).jpeg().toBuffer(),
  'a WebP of 1 × 16,383': () => corners(1, 16_383).webp().toBuffer(),
  'a CMYK JPEG': () => corners().toColourspace('cmyk').jpeg().toBuffer(),
  'a grey JPEG': () => corners().greyscale().jpeg().toBuffer(),
  'a progressive JPEG': () => corners().jpeg({ progressive: true }).toBuffer(),
  'a 16-bit PNG': () => corners().toColourspace('rgb16').png().toBuffer(),
  'an interlaced PNG': () => corners().png({ progressive: true }).toBuffer(),
  'an interlaced 16-bit PNG with transparency': () =>
    half().toColourspace('rgb16').png({ progressive: true }).toBuffer(),
  'a grey PNG with transparency': () => half().greyscale().png().toBuffer(),
  'a PNG with a palette of 1 bit': () => palettePng(1),
  'a PNG with a palette of 4 bits': () => palettePng(4),
  'a PNG with a palette of 8 bits and transparency': () => palettePng(8),
  'an animated PNG': animatedPng,
  'an animated GIF': () => animation(5).gif().toBuffer(),
  'an animated WebP': () => animation(5).webp().toBuffer(),
  'a transparent GIF': () => half().gif().toBuffer(),
  'a transparent WebP': () => half().webp().toBuffer(),
  'a transparent AVIF': () => half().avif().toBuffer(),
  'a lossless AVIF': () => corners().avif({ lossless: true }).toBuffer(),
  'a JPEG turned by its orientation': () => corners().withMetadata({ orientation: 6 }).jpeg().toBuffer(),
  'a JPEG with an orientation that there is not': () =>
    corners()
      .withExif({ IFD0: { Orientation: '9' } })
      .jpeg()
      .toBuffer(),
  'a JPEG with fill bytes between its segments': () =>
    insert(corners().jpeg().toBuffer(), 2, Buffer.alloc(1_000, 0xff)),
  'a GIF without its last byte': async () => (await corners().gif().toBuffer()).subarray(0, -1),
  'a GIF with a frame of no size': () => gifSaying(1, 1, 1, 0),
  'a GIF of one pixel on a screen that says 65,535 × 65,535': () => gifSaying(65_535, 65_535, 1),
  'a PNG with more pixels than it says': () =>
    Buffer.concat([
      pngHeader(8, 8),
      pngChunk('IDAT', deflateSync(Buffer.alloc(100_000_000))),
      pngChunk('IEND', Buffer.alloc(0)),
    ]),
  'a JPEG of 36 megapixels, turned': () =>
    plain(6_000, 6_000).jpeg().withMetadata({ orientation: 6 }).toBuffer(),
  'a PNG of 49 megapixels': () => plain(7_000, 7_000).png({ compressionLevel: 1 }).toBuffer(),
  'a WebP of 14 megapixels': () => plain(4_400, 3_180).webp({ effort: 0 }).toBuffer(),
  'an AVIF of 7 megapixels': () => plain(3_200, 2_190).avif({ effort: 0 }).toBuffer(),
  'a progressive JPEG of 20 megapixels': () =>
    plain(5_000, 4_000).jpeg({ progressive: true, chromaSubsampling: '4:4:4' }).toBuffer(),
});
