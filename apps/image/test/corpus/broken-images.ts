import { deflateSync } from 'node:zlib';
import { corners, jpegSegment, noise, pngChunk, pngHeader } from '../pictures.ts';
import {
  cut,
  files,
  ftyp,
  insert,
  join,
  latin,
  latinFile,
  PAYLOAD,
  webpOf,
  type HostileFile,
} from './hostile-file.ts';

const end = pngChunk('IEND', Buffer.alloc(0));
const jpeg = () => noise(200, 200).jpeg().toBuffer();
const png = () => noise(100, 100).png().toBuffer();

/** Changes one byte. */
async function changed(whole: Promise<Buffer>, at: number): Promise<Buffer> {
  const bytes = Buffer.from(await whole);
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  return bytes;
}

/** A JPEG whose frame header says another process than its data is in: the marker is replaced. */
async function withFrame(marker: number, precision = 8): Promise<Buffer> {
  const bytes = Buffer.from(await corners().jpeg().toBuffer());
  const at = bytes.indexOf(Buffer.from([0xff, 0xc0]));
  bytes.writeUInt8(marker, at + 1);
  bytes.writeUInt8(precision, at + 4);
  return bytes;
}

/** These begin right and go wrong (security 127). */
export const BROKEN_IMAGES: readonly HostileFile[] = files(422, {
  'only the first bytes of a JPEG': () => Buffer.from([0xff, 0xd8, 0xff, 0xe0]),
  'a JPEG that ends at once': () => Buffer.from([0xff, 0xd8, 0xff, 0xd9]),
  'only the signature of a PNG': latinFile('\x89PNG\r\n\x1a\n'),
  'only the header of a GIF': latinFile('GIF89a'),
  'only the header of a WebP': latinFile('RIFF\u0010\0\0\0WEBPVP8 '),
  'only the brand of an AVIF': () => ftyp('avif', 'avif', 'mif1'),
  'a JPEG cut in its header': () => cut(jpeg(), 0.01),
  'a JPEG cut in half': () => cut(jpeg(), 0.5),
  'a JPEG without its last bytes': () => cut(jpeg(), 0.99),
  'a progressive JPEG cut in half': () => cut(noise(200, 200).jpeg({ progressive: true }).toBuffer(), 0.5),
  'a PNG cut in half': () => cut(png(), 0.5),
  'a PNG without its last bytes': () => cut(png(), 0.99),
  'an interlaced PNG cut in half': () => cut(noise(100, 100).png({ progressive: true }).toBuffer(), 0.5),
  'a WebP cut in half': () => cut(noise(100, 100).webp().toBuffer(), 0.5),
  'a lossless WebP cut in half': () => cut(noise(100, 100).webp({ lossless: true }).toBuffer(), 0.5),
  'a GIF cut in half': () => cut(noise(100, 100).gif().toBuffer(), 0.5),
  'an AVIF cut in half': () => cut(noise(100, 100).avif().toBuffer(), 0.5),
  'SVG behind the start of a JPEG': latinFile('\u00ff\u00d8\u00ff<svg xmlns="http://www.w3.org/2000/svg"/>'),
  'HTML behind GIF89a': latinFile(`GIF89a/*<script>alert("${PAYLOAD}")</script>*/=1;`),
  'PHP behind the signature of a PNG': latinFile(`\x89PNG\r\n\x1a\n<?php ${PAYLOAD} ?>`),
  'a TIFF behind the start of a JPEG': () => join('\u00ff\u00d8\u00ff', corners().tiff().toBuffer()),
  'a lossless JPEG in name': () => withFrame(0xc3),
  'a hierarchical JPEG in name': () => withFrame(0xc5),
  'a JPEG of 12 bits in name': () => withFrame(0xc1, 12),
  'a JPEG of no size': async () => {
    const bytes = Buffer.from(await corners().jpeg().toBuffer());
    bytes.writeUInt32BE(0, bytes.indexOf(Buffer.from([0xff, 0xc0])) + 5);
    return bytes;
  },
  'a PNG whose pixels are not compressed data': () =>
    Buffer.concat([pngHeader(4, 4), pngChunk('IDAT', Buffer.from('<svg/>')), end]),
  'a PNG with fewer pixels than it says': () =>
    Buffer.concat([pngHeader(64, 64), pngChunk('IDAT', deflateSync(Buffer.alloc(64))), end]),
  'a PNG with a wrong checksum of its header': () => changed(corners().png().toBuffer(), 29),
  'a PNG of a bit depth that there is not': () =>
    Buffer.concat([pngHeader(4, 4, { depth: 7 }), pngChunk('IDAT', deflateSync(Buffer.alloc(64))), end]),
  'a PNG with a palette in name and none in fact': () =>
    Buffer.concat([pngHeader(4, 4, { colour: 3 }), pngChunk('IDAT', deflateSync(Buffer.alloc(20))), end]),
  'a PNG of no size': () => Buffer.concat([pngHeader(0, 0), end]),
  'a PNG without pixels': () => Buffer.concat([pngHeader(8, 8), end]),
  'a PNG with a chunk longer than the file': () =>
    Buffer.concat([pngHeader(8, 8), latin('\x7f\xff\xff\xffIDAT')]),
  'a WebP with an animation of no frame': () =>
    webpOf(latin('VP8X\u000a\0\0\0\u0002\0\0\0\0\0\0\0\0\0'), latin('ANIM\u0006\0\0\0\0\0\0\0\0\0')),
  'a WebP of garbage': () => webpOf(latin('VP8 \u0010\0\0\0'), Buffer.alloc(16, 0xa5)),
  'HEVC under the brand of AVIF': () => Buffer.concat([ftyp('avif', 'avif', 'heic'), Buffer.alloc(64)]),
  'an AVIF with a box of 2⁶³ bytes': () =>
    Buffer.concat([ftyp('avif', 'avif', 'mif1'), latin('\0\0\0\u0001meta\x7f\xff\xff\xff\xff\xff\xff\xff')]),
  'an AVIF of boxes in boxes in boxes': () => {
    let boxes = Buffer.alloc(0);
    for (let depth = 0; depth < 2_000; depth += 1) {
      const size = Buffer.alloc(4);
      size.writeUInt32BE(boxes.length + 12);
      boxes = Buffer.concat([size, latin('meta\0\0\0\0'), boxes]);
    }
    return Buffer.concat([ftyp('avif', 'avif', 'mif1'), boxes]);
  },
  'a JPEG with a segment longer than the file': () =>
    insert(cut(jpeg(), 0.1), 2, latin('\u00ff\u00e1\u00ff\u00ff')),
  'a JPEG without tables': async () => {
    const bytes = await corners().jpeg().toBuffer();
    const scan = bytes.indexOf(Buffer.from([0xff, 0xda]));
    const frame = bytes.indexOf(Buffer.from([0xff, 0xc0]));
    const length = bytes.readUInt16BE(frame + 2) + 2;
    return Buffer.concat([bytes.subarray(0, 2), bytes.subarray(frame, frame + length), bytes.subarray(scan)]);
  },
  'a JPEG of segments alone': () =>
    Buffer.concat([
      latin('\u00ff\u00d8'),
      ...Array.from({ length: 1_000 }, () => jpegSegment(0xe1, latin(PAYLOAD))),
    ]),
});
