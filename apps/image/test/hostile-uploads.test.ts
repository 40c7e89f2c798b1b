import { randomUUID } from 'node:crypto';
import process from 'node:process';
import { deflateSync, gzipSync } from 'node:zlib';
import { faultOfRefusal } from '@roomkey/test-kit';
import sharp from 'sharp';
import { afterAll, describe, expect, test } from 'vitest';
import { openImage } from './open-image.ts';
import { animation, corners, jpegSegment, noise, pngChunk, pngHeader } from './pictures.ts';

type Make = () => Buffer | Promise<Buffer>;
const text =
  (content: string): Make =>
  () =>
    Buffer.from(content, 'latin1');
const ftyp = (major: string, ...brands: string[]) => {
  const body = Buffer.from(`ftyp${major}\0\0\0\0${brands.join('')}`, 'latin1');
  const size = Buffer.alloc(4);
  size.writeUInt32BE(body.length + 4);
  return Buffer.concat([size, body]);
};
const jpeg = () => corners().jpeg().toBuffer();
const cut = async (whole: Promise<Buffer>, share: number) => {
  const bytes = await whole;
  return bytes.subarray(0, Math.floor(bytes.length * share));
};

/** None of these begins like an image of the list: 415 by the first bytes (security 123, 124). */
const WRONG_KINDS: Record<string, Make> = {
  SVG: text('<svg xmlns="http://www.w3.org/2000/svg"><image href="http://127.0.0.1/x.png"/></svg>'),
  'SVG with a declaration': text(
    '<?xml version="1.0"?><!DOCTYPE svg><svg xmlns="http://www.w3.org/2000/svg"/>',
  ),
  'compressed SVG': () => gzipSync('<svg xmlns="http://www.w3.org/2000/svg"/>'),
  PDF: text('%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>'),
  EPS: text('%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage'),
  MVG: text(
    'push graphic-context\nviewbox 0 0 640 480\nimage over 0,0 0,0 "https://127.0.0.1/x"\npop graphic-context',
  ),
  HTML: text('<!doctype html><script>alert(1)</script>'),
  JavaScript: text('alert(1)'),
  TIFF: () => corners().tiff().toBuffer(),
  'big-endian TIFF': text('MM\0*\0\0\0\u0008'),
  BMP: text('BM\u0036\0\0\0\0\0\0\0\u0036\0\0\0'),
  ICO: text('\0\0\u0001\0\u0001\0'),
  PSD: text('8BPS\0\u0001'),
  PPM: text('P6\n2 2\n255\n............'),
  Radiance: text('#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 1 +X 1\n'),
  'JPEG XL': () => Buffer.from([0xff, 0x0a, 0, 0]),
  'JPEG 2000': () => Buffer.from('\0\0\0\u000cjP  \r\n\x87\n', 'latin1'),
  'vips’ own format': () => Buffer.from([0xb6, 0xa6, 0xf2, 0x08, 0, 0, 0, 0]),
  HEIC: () => ftyp('heic', 'mif1', 'heic'),
  MP4: () => ftyp('isom', 'isom', 'mp42'),
  ZIP: text('PK\u0003\u0004\u0014\0'),
  ELF: text('\x7fELF'),
  'a WAV file, a RIFF like WebP': text('RIFF\0\0\0\0WAVEfmt '),
  'a CSV that libvips would read': text('1,2,3\n4,5,6\n'),
  zeros: () => Buffer.alloc(4_096),
  'a single byte': () => Buffer.from([0xff]),
  'an image after a blank': async () => Buffer.concat([Buffer.from(' '), await jpeg()]),
  'a multipart form with an image in it': async () =>
    Buffer.concat([
      Buffer.from('--x\r\nContent-Type: image/jpeg\r\n\r\n'),
      await jpeg(),
      Buffer.from('\r\n--x--'),
    ]),
};

/** These begin right and go wrong: 422 (security 127). */
const BROKEN: Record<string, Make> = {
  'only the first bytes of a JPEG': () => Buffer.from([0xff, 0xd8, 0xff, 0xe0]),
  'only the signature of a PNG': () => Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
  'only the header of a GIF': text('GIF89a'),
  'only the header of a WebP': text('RIFF\u0010\0\0\0WEBPVP8 '),
  'only the brand of an AVIF': () => ftyp('avif', 'avif', 'mif1'),
  'a JPEG cut in half': () => cut(noise(200, 200).jpeg().toBuffer(), 0.5),
  'a JPEG without its last bytes': () => cut(noise(200, 200).jpeg().toBuffer(), 0.99),
  'a progressive JPEG cut in half': () => cut(noise(200, 200).jpeg({ progressive: true }).toBuffer(), 0.5),
  'a PNG cut in half': () => cut(noise(100, 100).png().toBuffer(), 0.5),
  'a WebP cut in half': () => cut(noise(100, 100).webp().toBuffer(), 0.5),
  'a lossless WebP cut in half': () => cut(noise(100, 100).webp({ lossless: true }).toBuffer(), 0.5),
  'a GIF cut in half': () => cut(noise(100, 100).gif().toBuffer(), 0.5),
  'an AVIF cut in half': () => cut(noise(100, 100).avif().toBuffer(), 0.5),
  'SVG behind the start of a JPEG': text('\u00ff\u00d8\u00ff<svg xmlns="http://www.w3.org/2000/svg"/>'),
  'HTML behind GIF89a': text('GIF89a/*<script>alert(1)</script>*/=1;'),
  'a PNG whose pixels are not compressed data': () =>
    Buffer.concat([
      pngHeader(4, 4),
      pngChunk('IDAT', Buffer.from('<svg/>')),
      pngChunk('IEND', Buffer.alloc(0)),
    ]),
  'a PNG with a wrong checksum': async () => {
    const png = await corners().png().toBuffer();
    png.writeUInt8(png.readUInt8(29) ^ 1, 29);
    return png;
  },
  'a PNG of no size': () => Buffer.concat([pngHeader(0, 0), pngChunk('IEND', Buffer.alloc(0))]),
  'a PNG without pixels': () => Buffer.concat([pngHeader(8, 8), pngChunk('IEND', Buffer.alloc(0))]),
  'HEVC under the brand of AVIF': () => Buffer.concat([ftyp('avif', 'avif', 'heic'), Buffer.alloc(64)]),
};

/** Small files that become large: 422 before they do (security 125). */
const BOMBS: Record<string, Make> = {
  'a PNG that says it is 60,000 × 60,000': () =>
    Buffer.concat([pngHeader(60_000, 60_000), pngChunk('IDAT', deflateSync(Buffer.alloc(60_000)))]),
  'a PNG that says it is 2³¹ wide': () =>
    Buffer.concat([pngHeader(0x7fffffff, 0x7fffffff), pngChunk('IDAT', deflateSync(''))]),
  'a true PNG of 52 megapixels': () =>
    sharp({ create: { width: 7_200, height: 7_200, channels: 3, background: '#fff' } })
      .png()
      .toBuffer(),
  'a JPEG of 52 megapixels': () =>
    sharp({ create: { width: 7_200, height: 7_200, channels: 3, background: '#fff' } })
      .jpeg()
      .toBuffer(),
  'an interlaced 16-bit PNG of 24 megapixels': () =>
    Buffer.concat([
      pngHeader(6_000, 4_000, { depth: 16, colour: 6, interlaced: true }),
      pngChunk('IDAT', deflateSync(Buffer.alloc(1_000))),
      pngChunk('IEND', Buffer.alloc(0)),
    ]),
  'a progressive JPEG of 25 megapixels': () =>
    sharp({ create: { width: 5_000, height: 5_000, channels: 3, background: '#fff' } })
      .jpeg({ progressive: true, chromaSubsampling: '4:4:4' })
      .toBuffer(),
  'a WebP of 19 megapixels': () =>
    sharp({ create: { width: 4_400, height: 4_400, channels: 3, background: '#fff' } })
      .webp({ effort: 0 })
      .toBuffer(),
  'a GIF of 64 frames, 52 megapixels together': () => animation(64, 1_000, 820).gif({ effort: 1 }).toBuffer(),
};

/** These are images, whatever else they are: taken, and only the image is kept (security 128). */
const POLYGLOTS: Record<string, Make> = {
  'a JPEG with a ZIP behind it': async () =>
    Buffer.concat([await jpeg(), Buffer.from('PK\u0003\u0004payload')]),
  'a JPEG with HTML in a comment': async () => {
    const bytes = await jpeg();
    const comment = jpegSegment(0xfe, Buffer.from('<script>payload</script>'));
    return Buffer.concat([bytes.subarray(0, 2), comment, bytes.subarray(2)]);
  },
  'a PNG with PHP in a text': async () => {
    const png = await corners().png().toBuffer();
    const chunk = pngChunk('tEXt', Buffer.from('Comment\0<?php payload ?>'));
    return Buffer.concat([png.subarray(0, 33), chunk, png.subarray(33)]);
  },
  'a GIF with a script behind it': async () =>
    Buffer.concat([await corners().gif().toBuffer(), Buffer.from('/*payload*/')]),
  'a JPEG with PHP in a segment it does not know': async () => {
    const bytes = await jpeg();
    const segment = jpegSegment(0xef, Buffer.from('<?php payload ?>'));
    return Buffer.concat([bytes.subarray(0, 2), segment, bytes.subarray(2)]);
  },
  'a PNG with a compressed text that becomes 100 MB': async () => {
    const png = await corners().png().toBuffer();
    const packed = Buffer.concat([Buffer.from('Comment\0\0'), deflateSync(Buffer.alloc(100_000_000))]);
    return Buffer.concat([png.subarray(0, 33), pngChunk('zTXt', packed), png.subarray(33)]);
  },
};

const CASES = [
  ...Object.entries(WRONG_KINDS).map(([name, make]) => ({ name, make, status: 415 })),
  ...Object.entries(BROKEN).map(([name, make]) => ({ name, make, status: 422 })),
  ...Object.entries(BOMBS).map(([name, make]) => ({ name, make, status: 422 })),
];

const image = await openImage();
afterAll(() => image[Symbol.asyncDispose]());

describe('a hostile file is refused with a sentence and leaves nothing behind', () => {
  test.each(CASES)('$name: $status', async ({ make, status }) => {
    const guest = image.guest({ sub: randomUUID() });
    const before = await image.files();
    const answer = await guest.upload(await make(), { 'content-type': 'image/jpeg' });
    expect(faultOfRefusal({ ...answer, text: '' }, [status])).toBeUndefined();
    expect(await image.files()).toEqual(before);
    expect((await guest.send('GET', '/image/images')).json.items).toEqual([]);
  });
});

test.each(Object.keys(POLYGLOTS))('%s is taken as the image it is, and the payload is gone', async (name) => {
  const { id } = await image.mia.keep((await POLYGLOTS[name]?.()) ?? Buffer.alloc(0));
  for (const request of ['full/max/0/default.jpg', 'full/max/0/default.png', 'full/10,/0/default.webp']) {
    const picture = await image.mia.picture(id, request);
    expect(picture.status).toBe(200);
    expect(picture.bytes.includes('payload')).toBe(false);
  }
});

test('an empty body is a bad request', async () => {
  const sent = await image.mia.upload(Buffer.alloc(0));
  const none = await image.mia.send('POST', '/image/images');
  for (const answer of [sent, none]) {
    expect(faultOfRefusal({ ...answer, text: '' }, [400])).toBeUndefined();
  }
});

test('whatever byte of an image is damaged, the answer is a verdict and never a fault', async () => {
  const seed = Number(process.env['ROOMKEY_SEED'] ?? Date.now() % 1_000_000);
  let state = seed;
  const random = (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const sources = await Promise.all([
    noise(40, 30).jpeg({ progressive: true }).toBuffer(),
    noise(40, 30).png().toBuffer(),
    noise(40, 30).webp().toBuffer(),
    animation(3).gif().toBuffer(),
    noise(40, 30).avif().toBuffer(),
  ]);
  for (let round = 0; round < 100; round += 1) {
    const bytes = Buffer.from(sources[round % sources.length] ?? []);
    for (let hits = 1 + random(4); hits > 0; hits -= 1) bytes[random(bytes.length)] = random(256);
    const { status } = await image.mia.upload(bytes);
    expect([201, 415, 422], `seed ${seed}, round ${round}`).toContain(status);
  }
  expect((await image.files()).filter((file) => file.startsWith('scratch'))).toEqual([]);
});
