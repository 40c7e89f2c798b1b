import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { animation, corners, pngChunk, pngHeader } from '../pictures.ts';
import { files, latin, riffChunk, webpOf, type HostileFile } from './hostile-file.ts';

const end = pngChunk('IEND', Buffer.alloc(0));
const blank = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: '#fff' } });

/** A JPEG that says it is this large. */
async function jpegSaying(width: number, height: number): Promise<Buffer> {
  const bytes = Buffer.from(await corners().jpeg().toBuffer());
  const at = bytes.indexOf(Buffer.from([0xff, 0xc0]));
  bytes.writeUInt16BE(height, at + 5);
  bytes.writeUInt16BE(width, at + 7);
  return bytes;
}

/** An AVIF that says it is this large, in its properties. */
async function avifSaying(width: number, height: number): Promise<Buffer> {
  const bytes = Buffer.from(await corners().avif().toBuffer());
  const at = bytes.indexOf('ispe');
  bytes.writeUInt32BE(width, at + 8);
  bytes.writeUInt32BE(height, at + 12);
  return bytes;
}

/** A GIF of a screen and frames that say these sizes, with the data of a pixel in each. */
export function gifSaying(width: number, height: number, frames: number, frameSide = 1): Buffer {
  const screen = Buffer.from([...latin('GIF89a'), 0, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 255, 255, 255]);
  screen.writeUInt16LE(width, 6);
  screen.writeUInt16LE(height, 8);
  const frame = Buffer.from([0x2c, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 0x44, 1, 0]);
  frame.writeUInt16LE(frameSide, 5);
  frame.writeUInt16LE(frameSide, 7);
  return Buffer.concat([screen, ...Array.from({ length: frames }, () => frame), latin(';')]);
}

/** VP8X: width and height less one, in 24 bits each. */
function webpSaying(width: number, height: number, flags: number, ...chunks: Buffer[]): Buffer {
  const header = Buffer.alloc(10);
  header.writeUInt8(flags, 0);
  header.writeUIntLE(width - 1, 4, 3);
  header.writeUIntLE(height - 1, 7, 3);
  return webpOf(riffChunk('VP8X', header), ...chunks);
}

/** A lossless WebP that says it is 16,384 × 16,384 and goes on with nothing but zeros. */
const losslessSaying = () =>
  webpOf(
    riffChunk('VP8L', Buffer.concat([Buffer.from([0x2f, 0xff, 0xff, 0xff, 0x0f]), Buffer.alloc(10_000)])),
  );

/** A progressive JPEG of which one scan comes thousands of times. */
async function scansOfJpeg(times: number): Promise<Buffer> {
  const bytes = await corners().jpeg({ progressive: true }).toBuffer();
  const first = bytes.indexOf(Buffer.from([0xff, 0xda]));
  const second = bytes.indexOf(Buffer.from([0xff, 0xda]), first + 2);
  const last = bytes.lastIndexOf(Buffer.from([0xff, 0xda]));
  const scan = bytes.subarray(last, -2);
  return Buffer.concat([
    bytes.subarray(0, second),
    ...Array.from({ length: times }, () => scan),
    bytes.subarray(second),
  ]);
}

/** Small files that become large, refused before they do (security 125). */
export const BOMBS: readonly HostileFile[] = files(422, {
  'a PNG that says it is 60,000 × 60,000': () =>
    Buffer.concat([pngHeader(60_000, 60_000), pngChunk('IDAT', deflateSync(Buffer.alloc(60_000)))]),
  'a PNG that says it is 2³¹ wide': () =>
    Buffer.concat([pngHeader(0x7fffffff, 0x7fffffff), pngChunk('IDAT', deflateSync(''))]),
  'a PNG that says it is one pixel wide and 2³¹ high': () =>
    Buffer.concat([pngHeader(1, 0x7fffffff), pngChunk('IDAT', deflateSync(Buffer.alloc(10_000)))]),
  'a true PNG of 52 megapixels': () => blank(7_200, 7_200).png().toBuffer(),
  'a JPEG of 52 megapixels': () => blank(7_200, 7_200).jpeg().toBuffer(),
  'a JPEG that says it is 65,000 × 65,000': () => jpegSaying(65_000, 65_000),
  'an AVIF that says it is 60,000 × 60,000': () => avifSaying(60_000, 60_000),
  'a WebP that says it is 16,000,000 × 16,000,000': () =>
    webpSaying(16_000_000, 16_000_000, 0, riffChunk('VP8 ', Buffer.alloc(100))),
  'a lossless WebP that says it is 16,384 × 16,384': losslessSaying,
  'a GIF with a frame of 20,000 × 20,000': () => gifSaying(20_000, 20_000, 1, 20_000),
  'a GIF of 10,000 frames of 10,000 pixels': () => gifSaying(100, 100, 10_000),
  'a GIF of 64 frames, 52 megapixels together': () => animation(64, 1_000, 820).gif({ effort: 1 }).toBuffer(),
  'an interlaced 16-bit PNG of 24 megapixels': () =>
    Buffer.concat([
      pngHeader(6_000, 4_000, { depth: 16, colour: 6, interlaced: true }),
      pngChunk('IDAT', deflateSync(Buffer.alloc(1_000))),
      end,
    ]),
  'a progressive JPEG of 25 megapixels': () =>
    blank(5_000, 5_000).jpeg({ progressive: true, chromaSubsampling: '4:4:4' }).toBuffer(),
  'a WebP of 19 megapixels': () => blank(4_400, 4_400).webp({ effort: 0 }).toBuffer(),
  'a JPEG of 5,000 scans': () => scansOfJpeg(5_000),
});
