import { KIND_BYTES, kindOfBytes, type SourceKind } from './image-kind.ts';
import type { ScratchFile } from './object-store.ts';

export type ReceiptRefusal = 'empty' | 'too-large' | 'unknown-kind';

export type Receipt =
  | { readonly kind: 'received'; readonly imageKind: SourceKind }
  | { readonly kind: 'refused'; readonly refusal: ReceiptRefusal };

/**
 * Takes a body into a file. What is too large or of a wrong kind is refused at the byte that shows it; the rest of the
 * source is left unread.
 *
 * @throws what writing throws, and what the source throws: a body that breaks off
 */
export async function receiveUpload(
  source: AsyncIterable<Buffer>,
  file: ScratchFile,
  maxBytes: number,
): Promise<Receipt> {
  let head = Buffer.alloc(0);
  let bytes = 0;
  for await (const chunk of source) {
    bytes += chunk.length;
    if (bytes > maxBytes) return refused('too-large');
    if (head.length < KIND_BYTES) {
      head = Buffer.concat([head, chunk.subarray(0, KIND_BYTES - head.length)]);
      if (head.length === KIND_BYTES && kindOfBytes(head) === undefined) return refused('unknown-kind');
    }
    await file.append(chunk);
  }
  if (bytes === 0) return refused('empty');
  const imageKind = kindOfBytes(head);
  return imageKind === undefined ? refused('unknown-kind') : { kind: 'received', imageKind };
}

const refused = (refusal: ReceiptRefusal): Receipt => ({ kind: 'refused', refusal });
