import { Type } from '@roomkey/schema';
import { expect, test } from 'vitest';
import { decodeCursor, encodeCursor, Problem } from '../src/index.ts';

const Position = Type.Object(
  { after: Type.String({ pattern: '^[a-z]+$' }) },
  { additionalProperties: false },
);

test('a cursor gives back the position it was made of', () => {
  expect(decodeCursor(Position, encodeCursor({ after: 'b' }))).toEqual({ after: 'b' });
  expect(decodeCursor(Position, undefined)).toBeUndefined();
});

test.each([
  ['empty', ''],
  ['no base64url', '%%%'],
  ['no JSON', Buffer.from('{').toString('base64url')],
  ['of another shape', encodeCursor({ after: 'b', more: 1 })],
  ['a value out of bounds', encodeCursor({ after: "b' or true --" })],
  ['nested deeply', Buffer.from('['.repeat(300)).toString('base64url')],
  ['too long', encodeCursor({ after: 'b'.repeat(600) })],
])('a cursor that is %s is refused as a client error', (_, cursor) => {
  expect(() => decodeCursor(Position, cursor)).toThrow(Problem);
});
