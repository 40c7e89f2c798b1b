import { Type as TypeBox } from 'typebox';
import { expect, test } from 'vitest';
import { Type } from '../src/index.ts';

/** One schema of each kind, with and without options. */
const build = (T: typeof Type) => ({
  strings: [T.String(), T.String({ minLength: 1, description: 'a name' })],
  integers: [T.Integer(), T.Integer({ minimum: 0, default: 5 })],
  booleans: [T.Boolean(), T.Boolean({ default: false })],
  nulls: [T.Null(), T.Null({ description: 'nothing' })],
  literals: [T.Literal('a'), T.Literal(5), T.Literal(true, { description: 'yes' })],
  enums: [T.Enum(['a', 'b']), T.Enum(['a'], { type: 'string', default: 'a' })],
  unions: [T.Union([T.String(), T.Null()]), T.Union([T.Literal(1), T.Literal(2)], { default: 1 })],
  arrays: [T.Array(T.String()), T.Array(T.Object({}), { minItems: 1 })],
  records: [T.Record(T.String(), T.Integer()), T.Record(T.String({ pattern: '^a' }), T.Null(), { maxProperties: 2 })],
  unsafe: [T.Unsafe({ type: 'string', format: 'binary' }), T.Unsafe(T.Null({ description: 'nothing' }))],
  objects: [
    T.Object({}),
    T.Object({ a: T.String(), b: T.Optional(T.String({ maxLength: 2 })) }, { additionalProperties: false }),
    T.Object({ a: T.Optional(T.Unsafe({ type: 'null' })) }),
    T.Object({ a: T.Optional(T.Integer()), b: T.Object({ c: T.Boolean() }) }),
  ],
}); // prettier-ignore

test('the schemas are those that TypeBox would write', () => {
  expect(build(Type)).toEqual(JSON.parse(JSON.stringify(build(TypeBox as typeof Type))));
});
