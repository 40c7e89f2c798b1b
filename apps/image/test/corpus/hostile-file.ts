/** In every payload of the corpus: found anywhere in what is stored or served, it has come through. */
export const PAYLOAD = 'PAYLOAD-5c1f0e';

/** Origin of every address in the corpus: a test puts another of the same length in its place, and sees who follows it. */
export const LURE = 'http://127.0.0.1:00009';

export interface HostileFile {
  readonly name: string;
  readonly make: () => Buffer | Promise<Buffer>;
  /** 201: an image, whatever else it is; 415: none of the five kinds; 422: one of them, but not to be read. */
  readonly status: 201 | 415 | 422;
}

/** A table of files that are answered alike. */
export const files = (
  status: HostileFile['status'],
  table: Readonly<Record<string, HostileFile['make']>>,
): HostileFile[] => Object.entries(table).map(([name, make]) => ({ name, make, status }));

export const latin = (text: string): Buffer => Buffer.from(text, 'latin1');
export const latinFile = (text: string) => (): Buffer => latin(text);

export async function join(...parts: (Buffer | string | Promise<Buffer>)[]): Promise<Buffer> {
  const joined = [];
  for (const part of parts) joined.push(typeof part === 'string' ? latin(part) : await part);
  return Buffer.concat(joined);
}

/** The first share of a file, 0 to 1. */
export async function cut(whole: Promise<Buffer>, share: number): Promise<Buffer> {
  const bytes = await whole;
  return bytes.subarray(0, Math.floor(bytes.length * share));
}

/** Puts bytes in at an offset. */
export async function insert(whole: Promise<Buffer>, at: number, ...added: Buffer[]): Promise<Buffer> {
  const bytes = await whole;
  return Buffer.concat([bytes.subarray(0, at), ...added, bytes.subarray(at)]);
}

/** The file type box of an ISO media file. */
export function ftyp(major: string, ...brands: string[]): Buffer {
  const body = latin(`ftyp${major}\0\0\0\0${brands.join('')}`);
  const size = Buffer.alloc(4);
  size.writeUInt32BE(body.length + 4);
  return Buffer.concat([size, body]);
}

/** A chunk of a RIFF file, padded to an even length. */
export function riffChunk(type: string, data: Buffer): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32LE(data.length);
  return Buffer.concat([latin(type), size, data, Buffer.alloc(data.length % 2)]);
}

export function webpOf(...chunks: Buffer[]): Buffer {
  return riffChunk('RIFF', Buffer.concat([latin('WEBP'), ...chunks]));
}
