import { memoryUsage } from 'node:process';
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { decodeStatusArray, StatusList, type StatusBits } from '../src/index.ts';
import { STATUS_LIST_VECTORS } from './status-list-vectors.ts';

const MAX_BYTES = 1024 * 1024;
const listOf = (bits: StatusBits, bytes: Uint8Array) => new StatusList('urn:list', { bits, bytes }, Infinity);
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url');

test('the first example of the draft: one bit, least significant first (security 90)', () => {
  const array = decodeStatusArray({ bits: 1, lst: 'eNrbuRgAAhcBXQ' }, MAX_BYTES);
  expect([...array.bytes]).toEqual([0xb9, 0xa3]);
  const list = listOf(array.bits, array.bytes);
  const statuses = [1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1];
  expect(statuses.map((_, index) => (list.isValid(index) ? 0 : 1))).toEqual(statuses);
  expect(list.length).toBe(16);
});

test('the second example of the draft: two bits (security 90)', () => {
  const array = decodeStatusArray({ bits: 2, lst: 'eNo76fITAAPfAgc' }, MAX_BYTES);
  expect([...array.bytes]).toEqual([0xc9, 0x44, 0xf9]);
  const list = listOf(array.bits, array.bytes);
  const statuses = [1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3];
  expect(statuses.map((_, index) => list.isValid(index))).toEqual(statuses.map((status) => status === 0));
  expect(list.length).toBe(12);
});

test.each(STATUS_LIST_VECTORS)(
  'the vector of the draft with $bits bits (security 90)',
  ({ bits, lst, statuses }) => {
    const array = decodeStatusArray({ bits, lst }, MAX_BYTES);
    const list = listOf(array.bits, array.bytes);
    expect(list.length).toBe(2 ** 20);
    // Every single one of the 2^20, and the bytes that hold them.
    const invalid = new Set([...statuses].filter(([, status]) => status !== 0).map(([index]) => index));
    let differing = 0;
    for (let index = 0; index < list.length; index += 1)
      if (list.isValid(index) === invalid.has(index)) differing += 1;
    expect(differing).toBe(0);
    const expected = new Uint8Array(array.bytes.length);
    for (const [index, status] of statuses) {
      const bit = index * bits;
      expected[bit >> 3] = (expected[bit >> 3] ?? 0) | (status << (bit & 7));
    }
    expect(Buffer.from(array.bytes).equals(expected)).toBe(true);
  },
);

const bytes = Uint8Array.from([0xb9, 0xa3]);
const good = deflateSync(bytes);

test.each<[string, unknown]>([
  ['nothing', undefined],
  ['null', null],
  ['a text', 'eNrbuRgAAhcBXQ'],
  ['no bits', { lst: text(good) }],
  ['3 bits', { bits: 3, lst: text(good) }],
  ['0 bits', { bits: 0, lst: text(good) }],
  ['16 bits', { bits: 16, lst: text(good) }],
  ['bits as text', { bits: '1', lst: text(good) }],
  ['bits in an array', { bits: [1], lst: text(good) }],
  ['true for bits', { bits: true, lst: text(good) }],
  ['no lst', { bits: 1 }],
  ['an empty lst', { bits: 1, lst: '' }],
  ['lst as an array of bytes', { bits: 1, lst: [...good] }],
  ['padding', { bits: 1, lst: `${text(good)}==` }],
  ['the other alphabet', { bits: 1, lst: '+/+/' }],
  ['a blank', { bits: 1, lst: ` ${text(good)}` }],
  ['what is not compressed', { bits: 1, lst: text(bytes) }],
  ['raw deflate', { bits: 1, lst: text(deflateRawSync(bytes)) }],
  ['gzip', { bits: 1, lst: text(gzipSync(bytes)) }],
  ['a truncated stream', { bits: 1, lst: text(good.subarray(0, -6)) }],
  ['a stream without its checksum', { bits: 1, lst: text(good.subarray(0, -4)) }],
  ['half a checksum', { bits: 1, lst: text(good.subarray(0, -2)) }],
  ['a wrong checksum', { bits: 1, lst: text(Buffer.concat([good.subarray(0, -1), Buffer.from([0])])) }],
  ['bytes after the end', { bits: 1, lst: text(Buffer.concat([good, Buffer.from([0])])) }],
  ['a second stream after the end', { bits: 1, lst: text(Buffer.concat([good, good])) }],
  ['a dictionary', { bits: 1, lst: text(deflateSync(bytes, { dictionary: Buffer.from([0xb9]) })) }],
  ['more than the bound', { bits: 1, lst: text(deflateSync(Buffer.alloc(MAX_BYTES + 1))) }],
  ['a bomb', { bits: 1, lst: text(deflateSync(Buffer.alloc(256 * MAX_BYTES))) }],
])('an array of %s is refused (security 91)', (_name, statusList) => {
  expect(() => decodeStatusArray(statusList, MAX_BYTES)).toThrow(Error);
});

test('a bomb costs no more memory than the bound (security 91)', () => {
  const lst = text(deflateSync(Buffer.alloc(256 * MAX_BYTES)));
  const before = memoryUsage().arrayBuffers;
  for (let time = 0; time < 20; time += 1)
    expect(() => decodeStatusArray({ bits: 1, lst }, MAX_BYTES)).toThrow(Error);
  expect(memoryUsage().arrayBuffers - before).toBeLessThan(64 * MAX_BYTES);
});

test('an index out of bounds is never good (security 92)', () => {
  for (const bits of [1, 2, 4, 8] as const) {
    const list = listOf(bits, new Uint8Array(4));
    for (let index = 0; index < list.length; index += 1) expect(list.isValid(index)).toBe(true);
    for (const index of [
      -1,
      -0.5,
      list.length,
      list.length + 1,
      2 ** 31,
      2 ** 32,
      2 ** 53 - 1,
      Infinity,
      -Infinity,
      NaN,
    ])
      expect(list.isValid(index)).toBe(false);
  }
});

test('a status of several bits is good only when all of them are 0 (security 90)', () => {
  for (const bits of [2, 4, 8] as const) {
    for (let status = 0; status < 2 ** bits; status += 1) {
      const list = listOf(bits, Uint8Array.from([0, status << (8 - bits)]));
      expect(list.isValid(list.length - 1)).toBe(status === 0);
      expect(list.isValid(0)).toBe(true);
    }
  }
});

test('what is merged in never takes a revocation back (security 96, 99)', () => {
  const list = listOf(1, Uint8Array.from([0b0000_0101, 0]));
  list.merge({ bits: 1, bytes: Uint8Array.from([0, 0]) });
  list.merge({ bits: 1, bytes: Uint8Array.from([0b1000_0000, 0b0000_0001]) });
  const revoked = Array.from({ length: 16 }, (_, index) => index).filter((index) => !list.isValid(index));
  expect(revoked).toEqual([0, 2, 7, 8]);
});

test('a list does not change its shape (security 96)', () => {
  const list = listOf(1, Uint8Array.from([1, 0]));
  expect(() => list.merge({ bits: 2, bytes: new Uint8Array(2) })).toThrow('has changed its shape');
  expect(() => list.merge({ bits: 1, bytes: new Uint8Array(3) })).toThrow('has changed its shape');
  expect(() => list.merge({ bits: 1, bytes: new Uint8Array(1) })).toThrow('has changed its shape');
  expect(list.isValid(0)).toBe(false);
});
