/** The parts a file consists of, read without any codec: what is not listed here is not in the file. */
export function structureOf(file: Buffer): string[] {
  if (file.readUInt16BE(0) === 0xffd8) return jpegParts(file);
  if (file.toString('latin1', 1, 4) === 'PNG') return pngParts(file);
  if (file.toString('latin1', 8, 12) === 'WEBP') return webpParts(file);
  throw new Error('neither JPEG nor PNG nor WebP');
}

/** Everything a served picture may consist of: pixels, and what is needed to read them. */
export const ALLOWED_PARTS = new Set(
  [
    // JPEG: JFIF header, tables, frames, scans.
    ['SOI', 'JFIF', 'DQT', 'SOF0', 'SOF2', 'DHT', 'DRI', 'SOS', 'EOI'],
    // PNG: header, palette, transparency, resolution, pixels.
    ['IHDR', 'PLTE', 'tRNS', 'pHYs', 'bKGD', 'IDAT', 'IEND'],
    // WebP: pixels, transparency, the header of both.
    ['VP8 ', 'VP8L', 'VP8X', 'ALPH'],
  ].flat(),
);

const MARKERS: Record<number, string> = {
  0xdb: 'DQT',
  0xc0: 'SOF0',
  0xc2: 'SOF2',
  0xc4: 'DHT',
  0xdd: 'DRI',
  0xda: 'SOS',
};

function jpegParts(file: Buffer): string[] {
  const parts = ['SOI'];
  let at = 2;
  while (at < file.length) {
    if (file[at] !== 0xff) return [...parts, `garbage at ${at}`];
    const marker = file[at + 1] ?? 0;
    at += 2;
    if (marker === 0xd9) {
      parts.push('EOI');
      return at === file.length ? parts : [...parts, `${file.length - at} bytes after the end`];
    }
    const length = file.readUInt16BE(at);
    const isJfif = marker === 0xe0 && file.toString('latin1', at + 2, at + 6) === 'JFIF';
    parts.push(isJfif ? 'JFIF' : (MARKERS[marker] ?? `marker ${marker.toString(16)}`));
    at += length;
    // Pixels follow a scan's header: up to a marker that is neither a stuffed byte nor a restart.
    if (marker === 0xda) while (!isMarker(file, at)) at += 1;
  }
  return [...parts, 'no end'];
}

function isMarker(file: Buffer, at: number): boolean {
  const next = file[at + 1] ?? 0xd9;
  return at >= file.length || (file[at] === 0xff && next !== 0 && (next < 0xd0 || next > 0xd7));
}

function pngParts(file: Buffer): string[] {
  const parts = [];
  let at = 8;
  while (at < file.length) {
    const type = file.toString('latin1', at + 4, at + 8);
    parts.push(type);
    at += 12 + file.readUInt32BE(at);
    if (type === 'IEND' && at < file.length) parts.push(`${file.length - at} bytes after the end`);
    if (type === 'IEND') break;
  }
  return parts;
}

function webpParts(file: Buffer): string[] {
  const parts = [];
  const end = 8 + file.readUInt32LE(4);
  for (let at = 12; at < end;) {
    parts.push(file.toString('latin1', at, at + 4));
    const size = file.readUInt32LE(at + 4);
    at += 8 + size + (size % 2);
  }
  return file.length > end ? [...parts, `${file.length - end} bytes after the end`] : parts;
}
