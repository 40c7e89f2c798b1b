import { crc32 } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';

/** In every field that is planted: found anywhere in what is served, it has leaked. */
export const SECRET = 'SECRET-7f3a91';

const XMP = `<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:exif="http://ns.adobe.com/exif/1.0/" exif:GPSLatitude="52,31.2N" exif:UserComment="${SECRET}"/></rdf:RDF></x:xmpmeta><?xpacket end="w"?>`;

const RED = [255, 0, 0];
const GREEN = [0, 255, 0];
const BLUE = [0, 0, 255];
const WHITE = [255, 255, 255];

/** Four corners of different colours, so that turning and mirroring show: red, green / blue, white. */
export function corners(width = 64, height = 48): Sharp {
  const [left, right] = [
    [RED, BLUE],
    [GREEN, WHITE],
  ];
  const pixels = Buffer.alloc(width * height * 3);
  for (let at = 0; at < width * height; at += 1) {
    const column = at % width < width / 2 ? left : right;
    pixels.set(column?.[at < (width * height) / 2 ? 0 : 1] ?? [], at * 3);
  }
  return sharp(pixels, { raw: { width, height, channels: 3 } });
}

/** Random pixels, which no codec can make small; the same for the same seed. */
export function noise(width: number, height: number, seed = 1): Sharp {
  const pixels = Buffer.alloc(width * height * 3);
  let state = seed;
  for (let at = 0; at < pixels.length; at += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    pixels[at] = state >>> 24;
  }
  return sharp(pixels, { raw: { width, height, channels: 3 } });
}

/** With Exif (a place, a serial number), XMP and a wide-gamut profile: as a camera writes it. */
export function withMetadata(image: Sharp, orientation = 1): Sharp {
  return image
    .withExif({
      IFD0: { Copyright: SECRET, Make: SECRET, Orientation: String(orientation) },
      IFD2: { BodySerialNumber: SECRET },
      IFD3: {
        GPSLatitudeRef: 'N',
        GPSLatitude: '52/1 31/1 12/1',
        GPSLongitudeRef: 'E',
        GPSLongitude: '13/1 24/1 0/1',
      },
    })
    .withXmp(XMP)
    .withIccProfile('p3')
    .withMetadata({ orientation });
}

/** A JPEG with a comment, IPTC, Exif, XMP and profile, and a whole other file behind its end. */
export async function loadedJpeg(orientation = 1): Promise<Buffer> {
  const jpeg = await withMetadata(corners(), orientation).jpeg({ quality: 95 }).toBuffer();
  const iptc = Buffer.concat([
    Buffer.from('Photoshop 3.0\u00008BIM\u0004\u0004\0\0\0\0\0', 'latin1'),
    Buffer.from([SECRET.length + 5, 0x1c, 2, 120, 0, SECRET.length]),
    Buffer.from(SECRET),
  ]);
  return Buffer.concat([
    jpeg.subarray(0, 2),
    jpegSegment(0xfe, Buffer.from(SECRET)),
    jpegSegment(0xed, iptc),
    jpeg.subarray(2),
    Buffer.from(`PK\u0003\u0004${SECRET}PK\u0005\u0006`),
  ]);
}

export async function loadedPng(): Promise<Buffer> {
  const png = await withMetadata(corners()).png().toBuffer();
  const afterHeader = 8 + 25;
  return Buffer.concat([
    png.subarray(0, afterHeader),
    pngChunk('tEXt', Buffer.from(`Comment\0${SECRET}`)),
    pngChunk('iTXt', Buffer.from(`GPS\0\0\0\0\0${SECRET}`)),
    pngChunk('tIME', Buffer.from([7, 234, 11, 21, 10, 0, 0])),
    pngChunk('prVt', Buffer.from(SECRET)),
    png.subarray(afterHeader),
    Buffer.from(`<script>${SECRET}</script>`),
  ]);
}

export async function loadedGif(frames = 3): Promise<Buffer> {
  const gif = await animation(frames)
    .gif({ loop: 0, delay: Array(frames).fill(100) })
    .toBuffer();
  const comment = Buffer.concat([
    Buffer.from([0x21, 0xfe, SECRET.length]),
    Buffer.from(SECRET),
    Buffer.from([0]),
  ]);
  // Before the first extension, where programs write their name.
  const start = gif.indexOf(Buffer.from([0x21, 0xff, 0x0b]));
  return Buffer.concat([gif.subarray(0, start), comment, gif.subarray(start), Buffer.from(SECRET)]);
}

/** Frames one below the other, as sharp takes animations: the first is red, the others are not. */
export function animation(frames: number, width = 32, height = 24): Sharp {
  const colours = [Buffer.from([255, 0, 0]), Buffer.from([0, 0, 255]), Buffer.from([0, 255, 0])];
  const pages = Array.from({ length: frames }, (_, page) =>
    Buffer.alloc(width * height * 3, colours[page % 3] ?? ''),
  );
  return sharp(Buffer.concat(pages), {
    raw: { width, height: height * frames, channels: 3, pageHeight: height },
  });
}

export function jpegSegment(marker: number, data: Buffer): Buffer {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(data.length + 2, 2);
  return Buffer.concat([head, data]);
}

export function pngChunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, checksum]);
}

/** A PNG that says it is this large, whatever is in it. */
export function pngHeader(
  width: number,
  height: number,
  { depth = 8, colour = 2, interlaced = false } = {},
): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([depth, colour, 0, 0, interlaced ? 1 : 0], 8);
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), pngChunk('IHDR', header)]);
}

/** Red, green and blue of the pixel at a point given as fractions of width and height. */
export async function colourAt(image: Buffer, across: number, down: number): Promise<string> {
  const { data, info } = await sharp(image)
    .removeAlpha()
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  const x = Math.floor(info.width * across);
  const y = Math.floor(info.height * down);
  const at = (y * info.width + x) * info.channels;
  return nameOf([...data.subarray(at, at + 3)]);
}

function nameOf(rgb: number[]): string {
  const name = rgb.map((value) => (value > 170 ? '1' : value < 85 ? '0' : '?')).join('');
  const names: Record<string, string> = {
    '100': 'red',
    '010': 'green',
    '001': 'blue',
    '111': 'white',
    '000': 'black',
  };
  return names[name] ?? rgb.join(',');
}
