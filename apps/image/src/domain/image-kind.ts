/** What is taken in, decided by the first bytes alone: names and media types decide nothing (security 123). */
export type SourceKind = 'jpeg' | 'png' | 'webp' | 'gif' | 'avif';

/** As many bytes as the decision can need. */
export const KIND_BYTES = 256;

const PNG_SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const AVIF_BRANDS = new Set(['avif', 'avis']);

/**
 * @param head the first bytes of a file, `KIND_BYTES` of them where the file has as many
 * @returns `undefined` for everything that is not on the list
 */
export function kindOfBytes(head: Buffer): SourceKind | undefined {
  if (head[0] === 0xff && head[1] === 0xd8 && head[2] === 0xff) return 'jpeg';
  if (head.subarray(0, 8).equals(PNG_SIGNATURE)) return 'png';
  const start = head.toString('latin1', 0, 12);
  if (start.startsWith('GIF87a') || start.startsWith('GIF89a')) return 'gif';
  if (start.startsWith('RIFF') && start.endsWith('WEBP')) return 'webp';
  return fileTypeBrands(head).some((brand) => AVIF_BRANDS.has(brand)) ? 'avif' : undefined;
}

/** Major and compatible brands of the `ftyp` box that an ISO media file starts with (ISO/IEC 14496-12 §4.3). */
function fileTypeBrands(head: Buffer): string[] {
  if (head.length < 16 || head.toString('latin1', 4, 8) !== 'ftyp') return [];
  const end = Math.min(head.readUInt32BE(0), head.length);
  const brands = [head.toString('latin1', 8, 12)];
  for (let at = 16; at + 4 <= end; at += 4) brands.push(head.toString('latin1', at, at + 4));
  return brands;
}
