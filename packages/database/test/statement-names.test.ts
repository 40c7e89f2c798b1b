import { expect, test } from 'vitest';
import { createStatementNames } from '../src/statement-names.ts';

test('a statement that comes again has the same name, and another one has another', () => {
  const nameOf = createStatementNames();
  const first = nameOf('select id from users where name = $1');
  expect(first).toBeDefined();
  expect(nameOf('update users set name = $1')).not.toBe(first);
  expect(nameOf('select id from users where name = $1')).toBe(first);
});

test.each([
  'select * from users',
  'select "session".* from sessions',
  'delete from users returning *',
  'begin',
  'listen keys',
])('%j is not prepared: its result may change while it is, or nothing is won', (statement) => {
  expect(createStatementNames()(statement)).toBeUndefined();
});

test('there is an end of names', () => {
  const nameOf = createStatementNames();
  const names = Array.from({ length: 1_000 }, (_, index) => nameOf(`select ${index}`));
  expect(names.filter((name) => name !== undefined)).toHaveLength(200);
});
