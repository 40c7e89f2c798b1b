import { openDatabase } from '@roomkey/database';
import type { Service } from '@roomkey/service';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createLeasedLimit } from '../src/domain/limits.ts';
import { createLimitStore } from '../src/store/limits.ts';
import type { Schema } from '../src/store/schema.ts';
import { CLIENTS, makeClient, postAs } from './clients.ts';
import { createClock, type TestClock } from './clock.ts';
import { openDesk, PASSWORD, postForm, register, type Desk } from './desk.ts';

let desk: Desk;
let clock: TestClock;

beforeEach(async () => {
  desk = await openDesk();
  clock = createClock();
});
afterEach(() => desk[Symbol.asyncDispose]());

const PROXY = { TRUSTED_PROXIES: '127.0.0.1' };

function attempt(app: Service, password: string, from = '192.0.2.1', name = 'ada') {
  return app.inject({
    method: 'POST',
    url: '/auth/sessions',
    headers: { 'x-forwarded-for': from },
    payload: { name, password },
  });
}

test('guesses at one account from one network are few, on all replicas together, and the wait is told (security 120)', async () => {
  const env = { ...PROXY, FAILURES_PER_ACCOUNT_AND_ADDRESS_PER_HOUR: '5' };
  const [one, two] = await Promise.all([
    desk.replica({ now: clock.now, env }),
    desk.replica({ now: clock.now, env }),
  ]);
  await register(one, 'ada');
  const guesses = await Promise.all(
    Array.from({ length: 12 }, (_, turn) => attempt(turn % 2 ? one : two, 'a guess')),
  );
  expect(guesses.filter((response) => response.statusCode === 401)).toHaveLength(5);
  const refused = guesses.find((response) => response.statusCode === 429);
  expect(Number(refused?.headers['retry-after'])).toBeGreaterThan(600);
  expect((await attempt(two, PASSWORD)).statusCode).toBe(429);
  // Another network, another account: not locked out.
  expect((await attempt(two, PASSWORD, '192.0.2.2')).statusCode).toBe(201);
  clock.advance(Number(refused?.headers['retry-after']));
  expect((await attempt(one, PASSWORD)).statusCode).toBe(201);
});

test('a right password gives the attempts back', async () => {
  const env = { ...PROXY, FAILURES_PER_ACCOUNT_AND_ADDRESS_PER_HOUR: '3' };
  const app = await desk.replica({ now: clock.now, env });
  await register(app, 'ada');
  for (let round = 0; round < 4; round += 1) {
    for (const _ of [1, 2]) expect((await attempt(app, 'a guess')).statusCode).toBe(401);
    expect((await attempt(app, PASSWORD)).statusCode).toBe(201);
  }
});

test('a siege from everywhere slows strangers, and never the owner at home (security 120)', async () => {
  const app = await desk.replica({ now: clock.now, env: { ...PROXY, FAILURES_PER_ACCOUNT_PER_HOUR: '6' } });
  await register(app, 'ada');
  expect((await attempt(app, PASSWORD, '198.51.100.7')).statusCode).toBe(201);
  const siege = await Promise.all(
    Array.from({ length: 20 }, (_, host) => attempt(app, 'a guess', `203.0.113.${host}`)),
  );
  expect(siege.filter((response) => response.statusCode === 401)).toHaveLength(6);
  expect((await attempt(app, PASSWORD, '203.0.113.99')).statusCode).toBe(429);
  expect((await attempt(app, PASSWORD, '198.51.100.7')).statusCode).toBe(201);
  clock.advance(600);
  expect((await attempt(app, PASSWORD, '203.0.113.99')).statusCode).toBe(201);
});

test('names that do not exist are limited alike (security 119, 120)', async () => {
  const app = await desk.replica({
    now: clock.now,
    env: { ...PROXY, FAILURES_PER_ACCOUNT_AND_ADDRESS_PER_HOUR: '2' },
  });
  const codes = [];
  for (let turn = 0; turn < 3; turn += 1)
    codes.push((await attempt(app, 'a guess', '192.0.2.1', 'nobody')).statusCode);
  expect(codes).toEqual([401, 401, 429]);
});

test('an IPv6 subscriber is one network, however the address is written; nobody else can say where they come from (security 71, 144)', async () => {
  const app = await desk.replica({ now: clock.now, env: { ...PROXY, SIGN_INS_PER_ADDRESS_PER_MINUTE: '3' } });
  const addresses = [
    '2001:db8:1:2::1',
    '2001:0DB8:0001:0002:aaaa::',
    '2001:db8:1:2:ffff:ffff:ffff:ffff',
    '2001:db8:1:2::9',
  ];
  const codes = [];
  for (const address of addresses) codes.push((await attempt(app, 'a guess', address)).statusCode);
  expect(codes).toEqual([401, 401, 401, 429]);
  expect((await attempt(app, 'a guess', '2001:db8:1:3::1')).statusCode).toBe(401);
  // Without a trusted proxy the header is nobody's word.
  const bare = await desk.replica({ now: clock.now, env: { SIGN_INS_PER_ADDRESS_PER_MINUTE: '3' } });
  const spoofed = [];
  for (const host of [1, 2, 3, 4])
    spoofed.push((await attempt(bare, 'a guess', `192.0.2.${host}`)).statusCode);
  expect(spoofed).toEqual([401, 401, 401, 429]);
});

test('registrations from one network are limited', async () => {
  const app = await desk.replica({ now: clock.now, env: { REGISTRATIONS_PER_ADDRESS_PER_HOUR: '2' } });
  const codes = [];
  for (const name of ['one', 'two', 'three']) {
    const response = await app.inject({
      method: 'POST',
      url: '/auth/accounts',
      payload: { name, password: PASSWORD },
    });
    codes.push(response.statusCode);
  }
  expect(codes).toEqual([201, 201, 429]);
});

test('the token endpoint is limited per network, and per client that has proved who it is (security 71)', async () => {
  const [mine, theirs] = [await makeClient('mine'), await makeClient('theirs')];
  const env = { ...CLIENTS(mine, theirs), TOKEN_REQUESTS_PER_CLIENT_PER_MINUTE: '3' };
  const app = await desk.replica({ env });
  const ask = async (client: typeof mine) =>
    (await postAs(app, client, '/auth/token', { grant_type: 'client_credentials' })).statusCode;
  expect([await ask(mine), await ask(mine), await ask(mine), await ask(mine)]).toEqual([200, 200, 200, 429]);
  expect(await ask(theirs)).toBe(200);

  const narrow = await desk.replica({ now: clock.now, env: { TOKEN_REQUESTS_PER_ADDRESS_PER_MINUTE: '2' } });
  clock.advance(3_600);
  const refreshes = [];
  for (let turn = 0; turn < 3; turn += 1)
    refreshes.push(await postForm(narrow, '/auth/token', { grant_type: 'refresh_token' }));
  expect(refreshes.map((response) => response.statusCode)).toEqual(
    [401, 401, 429].map((code, turn) => (turn < 2 ? 401 : code)),
  );
  expect(refreshes[2]?.json()).toMatchObject({ error: 'slow_down' });
  expect(Number(refreshes[2]?.headers['retry-after'])).toBeGreaterThan(0);
});

test('leases of several replicas together never give more than the bucket holds', async () => {
  await using database = openDatabase<Schema>({
    url: desk.databaseUrl,
    applicationName: 'test',
    onError: () => {},
  });
  const store = createLimitStore(database.db);
  const limit = { count: 100, seconds: 60 };
  const replicas = [1, 2, 3].map(() => createLeasedLimit(store, 'test', limit, 10));
  const now = clock.now();
  const takes = await Promise.all(
    Array.from({ length: 400 }, async (_, turn) => replicas[turn % 3]?.take('somebody', now)),
  );
  const given = takes.filter((wait) => wait === undefined).length;
  expect(given).toBeLessThanOrEqual(100);
  expect(given).toBeGreaterThanOrEqual(70);
  const later = new Date(now.getTime() + 61_000);
  expect(await store.take('test:somebody', 100, limit, later)).toBeUndefined();
  expect(await store.take('test:somebody', 1, limit, later)).toBe(1);
});
