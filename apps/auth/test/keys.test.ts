import type { Service } from '@roomkey/service';
import { decodeProtectedHeader, type JSONWebKeySet } from 'jose';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readSettings, rotationPolicy } from '../src/config.ts';
import { createKeySealing } from '../src/domain/key-sealing.ts';
import { createSigningKeys } from '../src/domain/signing-keys.ts';
import { openDatabase } from '@roomkey/database';
import type { Schema } from '../src/store/schema.ts';
import { createStores } from '../src/store/stores.ts';
import { createClock, type TestClock } from './clock.ts';
import {
  bearer,
  openDesk,
  refresh,
  register,
  settingsFor,
  signIn,
  type Desk,
  type SignedIn,
} from './desk.ts';

const ENV = {
  KEY_RELOAD_MS: '20',
  JWKS_MAX_AGE_SECONDS: '60',
  KEY_PENDING_SECONDS: '120',
  KEY_ROTATION_SECONDS: '3600',
};

let desk: Desk;
let clock: TestClock;
let one: Service;
let two: Service;

beforeEach(async () => {
  desk = await openDesk();
  clock = createClock();
  const options = { now: clock.now, env: ENV };
  [one, two] = await Promise.all([desk.replica(options), desk.replica(options)]);
  await register(one, 'ada');
});
afterEach(() => desk[Symbol.asyncDispose]());

async function kidsOf(app: Service): Promise<string[]> {
  const { keys } = (await app.inject('/.well-known/jwks.json')).json<JSONWebKeySet>();
  return keys.map((key) => key.kid ?? '');
}

const kidOf = (card: SignedIn): string => decodeProtectedHeader(card.access_token).kid ?? '';
const isAccepted = async (app: Service, card: SignedIn): Promise<boolean> =>
  (await app.inject({ url: '/auth/accounts/current', headers: bearer(card.access_token) })).statusCode ===
  200;

function signingKeys() {
  const settings = readSettings(settingsFor(desk.databaseUrl, ENV));
  const database = openDatabase<Schema>({
    url: desk.databaseUrl,
    applicationName: 'test',
    onError: () => {},
  });
  const stores = createStores(database.db);
  const sealing = createKeySealing(Buffer.from(settings.KEY_ENCRYPTION_KEY, 'base64'));
  return {
    keys: createSigningKeys(stores.signingKeys, sealing, rotationPolicy(settings)),
    stores,
    [Symbol.asyncDispose]: () => database.close(),
  };
}

test('on schedule a key is published before it signs, on all replicas, and the old one stays until its tokens have expired (security 29, 36, 37)', async () => {
  const [first = ''] = await kidsOf(one);
  clock.advance(3_600 - 121);
  expect(await kidsOf(one)).toEqual([first]);
  clock.advance(2);
  await expect.poll(() => kidsOf(one)).toHaveLength(2);
  await expect.poll(() => kidsOf(two)).toHaveLength(2);
  const [, second = ''] = await kidsOf(one);
  const before = await signIn(two, 'ada');
  expect(kidOf(before)).toBe(first);
  clock.advance(121);
  const after = await signIn(two, 'ada');
  expect(kidOf(after)).toBe(second);
  expect(await isAccepted(one, before)).toBe(true);
  // The clock has leapt over the time in which the other replica's status list would have been heard of.
  await expect.poll(() => isAccepted(one, after)).toBe(true);
  clock.advance(300);
  expect(await kidsOf(two)).toEqual([first, second]);
  clock.advance(61);
  expect(await kidsOf(two)).toEqual([second]);
});

test('a rotation by command waits the pending time; replicas that are asked at once publish one scheduled key', async () => {
  await using admin = signingKeys();
  const [first = ''] = await kidsOf(one);
  const kid = await admin.keys.rotate(clock.now());
  await expect.poll(() => kidsOf(two)).toEqual([first, kid]);
  expect(kidOf(await signIn(one, 'ada'))).toBe(first);
  clock.advance(120);
  expect(kidOf(await signIn(one, 'ada'))).toBe(kid);
  clock.advance(3_600);
  await expect.poll(() => kidsOf(two)).not.toContain(first);
  const published = await Promise.all([kidsOf(one), kidsOf(two)]);
  expect(published[0]?.length).toBeLessThanOrEqual(2);
});

test('a leaked key is gone at once with what it signed; its successor signs at once (security 38)', async () => {
  await using admin = signingKeys();
  const [leaked = ''] = await kidsOf(one);
  const card = await signIn(one, 'ada');
  expect(await admin.keys.revoke(leaked, clock.now())).toBe(true);
  await expect.poll(() => kidsOf(one)).not.toContain(leaked);
  await expect.poll(() => kidsOf(two)).not.toContain(leaked);
  await expect.poll(() => isAccepted(one, card)).toBe(false);
  await expect.poll(() => isAccepted(two, card)).toBe(false);
  const next = (await refresh(two, card.refresh_token)).json<SignedIn>();
  expect(kidOf(next)).not.toBe(leaked);
  await expect.poll(() => isAccepted(one, next)).toBe(true);
  expect(await admin.keys.revoke(leaked, clock.now())).toBe(false);
});

test('a pending key is the better successor of a leaked one: verifiers know it already', async () => {
  await using admin = signingKeys();
  const [leaked = ''] = await kidsOf(one);
  const pending = await admin.keys.rotate(clock.now());
  await admin.keys.revoke(leaked, clock.now());
  await expect.poll(() => kidsOf(one)).toEqual([pending]);
  await expect.poll(async () => kidOf(await signIn(one, 'ada'))).toBe(pending);
});

test('private keys are stored sealed, open under no other id or key, and are published nowhere (security 34, 43)', async () => {
  await using admin = signingKeys();
  const [key] = await admin.stores.signingKeys.all();
  if (key === undefined) throw new Error('there is no key');
  expect(key.sealedPrivateKey.toString('latin1')).not.toContain('PRIVATE KEY');
  const settings = readSettings(settingsFor(desk.databaseUrl));
  const sealing = createKeySealing(Buffer.from(settings.KEY_ENCRYPTION_KEY, 'base64'));
  expect(sealing.open(key.kid, key.sealedPrivateKey)).toContain('PRIVATE KEY');
  expect(() => sealing.open('another', key.sealedPrivateKey)).toThrow('authenticate');
  expect(() => createKeySealing(Buffer.alloc(32)).open(key.kid, key.sealedPrivateKey)).toThrow(
    'authenticate',
  );
  const changed = Buffer.from(key.sealedPrivateKey);
  changed[40] = (changed[40] ?? 0) ^ 1;
  expect(() => sealing.open(key.kid, changed)).toThrow('authenticate');
});

test('six replicas that find no key make one (security 35)', async () => {
  await using empty = await openDesk();
  const replicas = await Promise.all(
    Array.from({ length: 6 }, () => empty.replica({ env: { DATABASE_CONNECTIONS: '2' } })),
  );
  const published = await Promise.all(replicas.map(kidsOf));
  expect(new Set(published.flat()).size).toBe(1);
});
