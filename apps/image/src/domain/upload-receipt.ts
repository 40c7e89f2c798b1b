import type { Readable } from 'node:stream';
import { KIND_BYTES, kindOfBytes, type SourceKind } from './image-kind.ts';
import type { ScratchFile } from './object-store.ts';

export type ReceiptRefusal = 'empty' | 'too-large' | 'unknown-kind' | 'broken-off';

export type Receipt =
  | { readonly kind: 'received'; readonly imageKind: SourceKind }
  | { readonly kind: 'refused'; readonly refusal: ReceiptRefusal };

/**
 * Takes a body into a file. What is too large or of a wrong kind is refused at the byte that shows it; the rest of the
 * source is left unread, neither drained nor destroyed.
 *
 * @throws what writing throws; a source that breaks off is a refusal
 */
export async function receiveUpload(source: Readable, file: ScratchFile, maxBytes: number): Promise<Receipt> {
  // Destroying a request would close its connection before the refusal is on its way.
  const chunks = source.iterator({ destroyOnReturn: false });
  let head = Buffer.alloc(0);
  let bytes = 0;
  for (;;) {
    const next = await chunks.next().catch(() => undefined);
    if (next === undefined) return refused('broken-off');
    const chunk = next.done === true ? undefined : (next.value as Buffer);
    bytes += chunk?.length ?? 0;
    if (bytes > maxBytes) return refused('too-large');
    if (chunk && head.length < KIND_BYTES)
      head = Buffer.concat([head, chunk.subarray(0, KIND_BYTES - head.length)]);
    if (chunk === undefined || head.length === KIND_BYTES) {
      if (bytes === 0) return refused('empty');
      const imageKind = kindOfBytes(head);
      if (imageKind === undefined) return refused('unknown-kind');
      if (chunk === undefined) return { kind: 'received', imageKind };
    }
    if (chunk) await file.append(chunk);
  }
}

const refused = (refusal: ReceiptRefusal): Receipt => ({ kind: 'refused', refusal });
