import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { KIND_BYTES, kindOfBytes } from '../../src/domain/image-kind.ts';
import { corners } from '../pictures.ts';

test.each(['jpeg', 'png', 'webp', 'gif', 'avif'] as const)('%s is known by its first bytes', async (kind) => {
  const bytes = await corners()[kind]().toBuffer();
  expect(kindOfBytes(bytes.subarray(0, KIND_BYTES))).toBe(kind);
  expect(kindOfBytes(bytes.subarray(0, 2))).toBeUndefined();
});

test('AVIF is known by a compatible brand too, and never by what stands behind the brands', () => {
  const box = (size: number, text: string) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(size);
    return Buffer.concat([bytes, Buffer.from(text, 'latin1')]);
  };
  expect(kindOfBytes(box(28, 'ftypmif1\0\0\0\0mif1avifmiaf'))).toBe('avif');
  expect(kindOfBytes(box(20, 'ftypheic\0\0\0\0mif1avif'))).toBeUndefined();
  expect(kindOfBytes(box(0, 'ftypheic\0\0\0\0avif'))).toBeUndefined();
});

test('arbitrary bytes are of some kind or none, and never a fault', () => {
  const kinds = ['jpeg', 'png', 'webp', 'gif', 'avif', undefined];
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: KIND_BYTES }), (bytes) => {
      expect(kinds).toContain(kindOfBytes(Buffer.from(bytes)));
    }),
  );
});
