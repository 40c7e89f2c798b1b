import { expect, test } from 'vitest';
import { faultsOf, isValid, Type } from '../src/index.ts';

const Room = Type.Object(
  {
    floor: Type.Integer({ minimum: 1 }),
    beds: Type.Optional(Type.Array(Type.Enum(['single', 'double']))),
    balcony: Type.Boolean({ default: false }),
  },
  { additionalProperties: false },
);

test('every fault is named with its place, what is missing too', () => {
  expect(faultsOf(Room, { beds: ['single', 'bunk'], balcony: 'no', pool: true })).toEqual([
    { path: '/floor', message: 'is missing' },
    { path: '', message: 'must NOT have additional properties' },
    { path: '/beds/1', message: 'must be equal to one of the allowed values' },
    { path: '/balcony', message: 'must be boolean' },
  ]);
});

test('what has a default need not be said', () => {
  const room = { floor: 2 };
  expect(faultsOf(Room, room)).toEqual([]);
  expect(room).toEqual({ floor: 2, balcony: false });
});

test('text is converted where it is said to be text, and nowhere else', () => {
  const room = { floor: '2', balcony: 'true' };
  expect(faultsOf(Room, { ...room }).map(({ path }) => path)).toEqual(['/floor', '/balcony']);
  expect(faultsOf(Room, room, { isText: true })).toEqual([]);
  expect(room).toEqual({ floor: 2, balcony: true });
  expect(faultsOf(Room, { floor: '2x' }, { isText: true })).toEqual([
    { path: '/floor', message: 'must be integer' },
  ]);
});

test('a value that is only asked about stays as it is', () => {
  const room = { floor: 2 };
  expect(isValid(Room, room)).toBe(true);
  expect(room).toEqual({ floor: 2 });
  expect(isValid(Room, { floor: '2' })).toBe(false);
  expect(isValid(Room, undefined)).toBe(false);
});
