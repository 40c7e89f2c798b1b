import { performance } from 'node:perf_hooks';
import { parseOptions } from '@node-rs/argon2';
import { openDatabase } from '@roomkey/database';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BUSY, createPasswordHashing } from '../src/domain/password-hashing.ts';
import type { Schema } from '../src/store/schema.ts';
import { openDesk, PASSWORD, register, signIn, type Desk } from './desk.ts';

let desk: Desk;

beforeAll(async () => {
  desk = await openDesk();
});
afterAll(() => desk[Symbol.asyncDispose]());

const CHEAP = { memoryKib: 64, passes: 1, maxConcurrent: 2, maxQueued: 3 };

test.each([
  ['emoji', '🗝️🗝️🗝️🗝️🗝️🗝️🗝️🗝️'],
  ['blanks at the ends', '  a blank at each end  '],
  ['control characters', 'tab\tand\nnew line and \0 nul'],
  ['128 characters', 'ab'.repeat(64)],
  ['256 characters', 'x1'.repeat(128)],
])('a password of %s is taken, and compared as it was sent (security 117)', async (what, password) => {
  const app = await desk.replica();
  const name = `guest-${what.replaceAll(' ', '-')}`;
  await register(app, name, password);
  await signIn(app, name, { password });
  const shorter = { name, password: password.slice(0, -1) };
  expect((await app.inject({ method: 'POST', url: '/auth/sessions', payload: shorter })).statusCode).toBe(
    401,
  );
});

test.each(['password1', 'PASSWORD1', '1234567890', 'qwertyuiop'])(
  'the common password %j is refused (security 117)',
  async (password) => {
    const app = await desk.replica();
    const response = await app.inject({
      method: 'POST',
      url: '/auth/accounts',
      payload: { name: 'common', password },
    });
    expect([response.statusCode, response.json<{ detail: string }>().detail]).toMatchObject([
      400,
      /everybody tries/,
    ]);
  },
);

test('a password is stored as argon2id at the configured cost, and hashed anew at sign-in when the cost rises (security 118)', async () => {
  const name = 'rehashed';
  await register(await desk.replica(), name);
  const dear = await desk.replica({ env: { ARGON2_MEMORY_KIB: '128', ARGON2_PASSES: '2' } });
  const answers = await Promise.all([signIn(dear, name), signIn(dear, name), signIn(dear, name)]);
  expect(answers).toHaveLength(3);
  await using database = openDatabase<Schema>({
    url: desk.databaseUrl,
    applicationName: 'test',
    onError: () => {},
  });
  const row = await database.db
    .selectFrom('users')
    .select('password_hash')
    .where('name', '=', name)
    .executeTakeFirstOrThrow();
  expect(row.password_hash).toMatch(/^\$argon2id\$v=19\$/);
  expect(parseOptions(row.password_hash)).toMatchObject({ memoryCost: 128, timeCost: 2 });
});

test('no more is hashed at once than the bound, no more waits than may, and the rest is told so (security 118)', async () => {
  const hashing = await createPasswordHashing(CHEAP);
  const results = await Promise.all(Array.from({ length: 10 }, () => hashing.hash(PASSWORD)));
  expect(results.filter((result) => result === BUSY)).toHaveLength(5);
  expect(await hashing.hash(PASSWORD)).not.toBe(BUSY);
});

test('beyond the bound a sign-in is answered 503 with Retry-After, and costs no attempt (security 118)', async () => {
  const app = await desk.replica({
    env: { ARGON2_MEMORY_KIB: '8192', PASSWORD_CONCURRENCY: '1', PASSWORD_QUEUE: '0' },
  });
  await register(app, 'busy');
  const post = () =>
    app.inject({ method: 'POST', url: '/auth/sessions', payload: { name: 'busy', password: PASSWORD } });
  const responses = await Promise.all(Array.from({ length: 8 }, post));
  const refused = responses.filter((response) => response.statusCode === 503);
  expect(refused.length).toBeGreaterThan(0);
  expect(refused[0]?.headers['retry-after']).toBe('1');
  expect((await post()).statusCode).toBe(201);
});

test('a name that does not exist takes as long as a wrong password (security 119)', async () => {
  const env = { ARGON2_MEMORY_KIB: '8192', ARGON2_PASSES: '2', SIGN_INS_PER_ADDRESS_PER_MINUTE: '1000' };
  const app = await desk.replica({
    env: { ...env, FAILURES_PER_ACCOUNT_AND_ADDRESS_PER_HOUR: '1000', FAILURES_PER_ACCOUNT_PER_HOUR: '1000' },
  });
  await register(app, 'timed');
  const time = async (name: string): Promise<number> => {
    const start = performance.now();
    await app.inject({
      method: 'POST',
      url: '/auth/sessions',
      payload: { name, password: 'not the password' },
    });
    return performance.now() - start;
  };
  const known: number[] = [];
  const unknown: number[] = [];
  // Interleaved, so that whatever else the machine does falls on both.
  for (let round = 0; round < 30; round += 1) {
    known.push(await time('timed'));
    unknown.push(await time('untimed'));
  }
  const median = (values: number[]): number => values.toSorted((a, b) => a - b)[values.length / 2] ?? 0;
  const ratio = median(unknown) / median(known);
  expect(ratio).toBeGreaterThan(0.7);
  expect(ratio).toBeLessThan(1.4);
});
