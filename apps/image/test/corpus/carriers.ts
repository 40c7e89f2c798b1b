import { deflateSync } from 'node:zlib';
import {
  corners,
  jpegSegment,
  loadedGif,
  loadedJpeg,
  loadedPng,
  pngChunk,
  withMetadata,
} from '../pictures.ts';
import {
  files,
  insert,
  join,
  latin,
  LURE,
  PAYLOAD,
  riffChunk,
  webpOf,
  type HostileFile,
} from './hostile-file.ts';

const jpeg = () => corners().jpeg().toBuffer();
const png = () => corners().png().toBuffer();
const AFTER_START = 2;
const AFTER_HEADER = 33;

const jpegWith = (marker: number, text: string) => () =>
  insert(jpeg(), AFTER_START, jpegSegment(marker, latin(text)));
const pngWith = (type: string, data: Buffer) => () => insert(png(), AFTER_HEADER, pngChunk(type, data));

/** Exif with one directory of one text. */
function exif(tag: number, text: string): Buffer {
  const entry = Buffer.alloc(18);
  entry.writeUInt16LE(1, 0);
  entry.writeUInt16LE(tag, 2);
  entry.writeUInt16LE(2, 4);
  entry.writeUInt32LE(text.length, 6);
  entry.writeUInt32LE(26, 10);
  return Buffer.concat([latin('II*\0\u0008\0\0\0'), entry, latin(text)]);
}

/** Exif whose next directory is itself. */
const CYCLE = latin('II*\0\u0008\0\0\0\0\0\u0008\0\0\0');

const XMP = `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description xmlns:exif="http://ns.adobe.com/exif/1.0/" exif:GPSLatitude="52,31.2N" exif:UserComment="${PAYLOAD}"/></rdf:RDF></x:xmpmeta>`;

async function webpWith(...chunks: Buffer[]): Promise<Buffer> {
  const webp = await corners().webp().toBuffer();
  const size = Buffer.alloc(10);
  size.writeUIntLE(63, 4, 3);
  size.writeUIntLE(47, 7, 3);
  return webpOf(riffChunk('VP8X', size), webp.subarray(12), ...chunks);
}

/** These are images, whatever else they carry: taken, and only the image is kept (security 128). */
export const CARRIERS: readonly HostileFile[] = files(201, {
  'a JPEG with Exif, GPS, XMP, IPTC, profile and comment': () => loadedJpeg(),
  'a PNG with Exif, GPS, XMP, profile, texts and a private chunk': loadedPng,
  'a GIF with a comment and bytes behind it': () => loadedGif(),
  'a WebP with Exif, XMP and profile': () => withMetadata(corners()).webp().toBuffer(),
  'an AVIF with Exif, XMP and profile': () => withMetadata(corners()).avif().toBuffer(),
  'a JPEG with a place in its Exif': () =>
    insert(jpeg(), AFTER_START, jpegSegment(0xe1, Buffer.concat([latin('Exif\0\0'), exif(0x8825, PAYLOAD)]))),
  'a JPEG with a place in its XMP': jpegWith(0xe1, `http://ns.adobe.com/xap/1.0/\0${XMP}`),
  'a JPEG with extended XMP': jpegWith(
    0xe1,
    `http://ns.adobe.com/xmp/extension/\0${'A'.repeat(32)}\0\0\0\u0008\0\0\0\0${XMP}`,
  ),
  'a JPEG with Exif that leads to itself': () =>
    insert(jpeg(), AFTER_START, jpegSegment(0xe1, Buffer.concat([latin('Exif\0\0'), CYCLE]))),
  'a JPEG with a thumbnail in its header': jpegWith(0xe0, `JFXX\0\u0010\u00ff\u00d8${PAYLOAD}\u00ff\u00d9`),
  'a JPEG with HTML in a comment': jpegWith(0xfe, `<script>${PAYLOAD}</script>`),
  'a JPEG with SVG that names an address in a comment': jpegWith(
    0xfe,
    `<svg xmlns="http://www.w3.org/2000/svg"><image href="${LURE}/${PAYLOAD}"/></svg>`,
  ),
  'a JPEG whose XMP names an address': jpegWith(
    0xe1,
    `http://ns.adobe.com/xap/1.0/\0<?xml-stylesheet href="${LURE}/${PAYLOAD}"?>${XMP}`,
  ),
  'a JPEG with a PDF in a comment': jpegWith(0xfe, `%PDF-1.7\n1 0 obj<</${PAYLOAD}>>endobj`),
  'a JPEG with PHP in a segment it does not know': jpegWith(0xef, `<?php ${PAYLOAD} ?>`),
  'a JPEG with 16 MB of comments': () =>
    insert(
      jpeg(),
      AFTER_START,
      ...Array.from({ length: 260 }, () => jpegSegment(0xfe, Buffer.alloc(65_000, PAYLOAD))),
    ),
  'a JPEG with another JPEG behind it': () => join(jpeg(), jpeg(), PAYLOAD),
  'a JPEG with a ZIP behind it': () => join(jpeg(), `PK\u0003\u0004${PAYLOAD}`),
  'a JPEG with a film behind it, as telephones take them': () =>
    join(jpeg(), `\0\0\0\u0018ftypmp42${PAYLOAD}`),
  'a JPEG with a PHP archive behind it': () => join(jpeg(), `<?php __HALT_COMPILER(); ?>${PAYLOAD}`),
  'a JPEG with a megabyte of zeros behind it': () => join(jpeg(), Buffer.alloc(1_000_000), PAYLOAD),
  'a PNG with a place in its Exif': pngWith('eXIf', exif(0x8825, PAYLOAD)),
  'a PNG with a place in its XMP': pngWith('iTXt', latin(`XML:com.adobe.xmp\0\0\0\0\0${XMP}`)),
  'a PNG with PHP in a text': pngWith('tEXt', latin(`Comment\0<?php ${PAYLOAD} ?>`)),
  'a PNG with a compressed text that becomes 100 MB': pngWith(
    'zTXt',
    Buffer.concat([latin('Comment\0\0'), deflateSync(Buffer.alloc(100_000_000, PAYLOAD))]),
  ),
  'a PNG with an international text that becomes 100 MB': pngWith(
    'iTXt',
    Buffer.concat([latin('Comment\0\u0001\0\0\0'), deflateSync(Buffer.alloc(100_000_000, PAYLOAD))]),
  ),
  'a PNG with 50,000 texts': () =>
    insert(
      png(),
      AFTER_HEADER,
      ...Array.from({ length: 50_000 }, (_, n) => pngChunk('tEXt', latin(`k${n}\0${PAYLOAD}`))),
    ),
  'a PNG with 300,000 chunks it does not know': () =>
    insert(png(), AFTER_HEADER, Buffer.alloc(300_000 * 12, pngChunk('prVt', Buffer.alloc(0)))),
  'a PNG with a profile that becomes 100 MB': pngWith(
    'iCCP',
    Buffer.concat([latin('x\0\0'), deflateSync(Buffer.alloc(100_000_000, PAYLOAD))]),
  ),
  'a PNG with a suggested palette': pngWith('sPLT', latin(`${PAYLOAD}\0\u0008`)),
  'a PNG with HTML behind it': () => join(png(), `<script>${PAYLOAD}</script>`),
  'a GIF with a script behind it': () => join(corners().gif().toBuffer(), `/*${PAYLOAD}*/`),
  'a GIF with a Java archive behind it': () =>
    join(corners().gif().toBuffer(), `PK\u0003\u0004META-INF/${PAYLOAD}`),
  'a WebP with a chunk it does not know': () => webpWith(riffChunk('HTML', latin(PAYLOAD))),
  'a WebP with bytes behind it': () => join(corners().webp().toBuffer(), PAYLOAD),
  'an AVIF with bytes behind it': () =>
    join(corners().avif().toBuffer(), `\0\0\0\u0040free${PAYLOAD.padEnd(56)}`),
});
