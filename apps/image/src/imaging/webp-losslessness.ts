import { open } from 'node:fs/promises';

const CHUNK_HEADER_BYTES = 8;
const RIFF_HEADER_BYTES = 12;
const FRAME_HEADER_BYTES = 16;
/** ICC profile, animation, a first frame and its alpha come before the pixels, never more in a regular file. */
const MAX_CHUNKS = 16;

/** Whether the first picture of a WebP file is a lossless one: its chunk is `VP8L` and not `VP8 ` (RFC 9649 §2.5–2.7). */
export async function isLosslessWebp(path: string): Promise<boolean> {
  await using file = await open(path);
  const header = Buffer.alloc(CHUNK_HEADER_BYTES);
  let at = RIFF_HEADER_BYTES;
  for (let chunk = 0; chunk < MAX_CHUNKS; chunk += 1) {
    const { bytesRead } = await file.read(header, 0, CHUNK_HEADER_BYTES, at);
    const name = header.toString('latin1', 0, 4);
    if (bytesRead < CHUNK_HEADER_BYTES || name === 'VP8 ') return false;
    if (name === 'VP8L') return true;
    const size = header.readUInt32LE(4);
    // A frame holds chunks itself; everything else is stepped over, with its padding to an even size.
    at += CHUNK_HEADER_BYTES + (name === 'ANMF' ? FRAME_HEADER_BYTES : size + (size % 2));
  }
  return false;
}
