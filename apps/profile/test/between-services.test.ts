/** The services as they are run, each in processes of its own, with everything watched that profile sends to others. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { crc32, deflateSync } from 'node:zlib';
import { startSystem } from '@roomkey/embedded-system';
import { openRecordingProxy } from '@roomkey/test-kit';
import { afterAll, expect, test, vi } from 'vitest';

const STOP_MS = 60_000;
const READ_AND_WRITE = 'profile:read profile:write';

interface SignedIn {
  readonly id: string;
  readonly name: string;
  readonly password: string;
  readonly token: string;
}

async function openHouse() {
  const stack = new AsyncDisposableStack();
  const dataDir = await mkdtemp(join(tmpdir(), 'between-services-'));
  stack.defer(() => rm(dataDir, { recursive: true, force: true }));
  let gateway = '';
  const toDesk = stack.use(await openRecordingProxy(() => gateway));
  const toImage = stack.use(await openRecordingProxy(() => gateway));
  const system = stack.use(
    await startSystem({
      dataDir,
      port: 0,
      replicas: 1,
      settings(service, origin) {
        gateway = origin;
        if (service !== 'profile') return {};
        return {
          JWKS_URL: `${toDesk.origin}/.well-known/jwks.json`,
          STATUS_LISTS_URL: `${toDesk.origin}/auth/status-lists`,
          EVENTS_URL: `${toDesk.origin}/auth/status-lists/events`,
          TOKEN_URL: `${toDesk.origin}/auth/token`,
          IMAGE_URL: `${toImage.origin}/image`,
        };
      },
    }),
  );

  const send = async (method: string, path: string, token?: string, body?: unknown) => {
    const isRaw = Buffer.isBuffer(body);
    const response = await fetch(`${system.origin}${path}`, {
      method,
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && {
          'content-type': isRaw ? 'application/octet-stream' : 'application/json',
        }),
        ...(method === 'PUT' && path === '/profile/me' && { 'if-none-match': '*' }),
      },
      ...(body !== undefined && { body: isRaw ? new Uint8Array(body) : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, json: text.startsWith('{') ? (JSON.parse(text) as Json) : {} };
  };
  const signIn = async (
    guest: Pick<SignedIn, 'name' | 'password'>,
    narrowing: object = {},
  ): Promise<string> => {
    const { name, password } = guest;
    const { status, json } = await send('POST', '/auth/sessions', undefined, {
      name,
      password,
      ...narrowing,
    });
    expect(status).toBe(201);
    return String(json['access_token']);
  };
  const checkIn = async (name: string): Promise<SignedIn> => {
    const credentials = { name, password: `${name}-likes-long-walks` };
    const { status, json } = await send('POST', '/auth/accounts', undefined, credentials);
    expect(status).toBe(201);
    const token = await signIn(credentials);
    const body = { handle: name, displayName: name };
    expect((await send('PUT', '/profile/me', token, body)).status).toBe(201);
    return { ...credentials, id: String(json['id']), token };
  };
  const upload = async ({ token }: SignedIn): Promise<string> => {
    const { status, json } = await send('POST', '/image/images', token, smallPng());
    expect(status).toBe(201);
    return String(json['id']);
  };
  return { stack, system, toDesk, toImage, send, signIn, checkIn, upload };
}

type Json = Readonly<Record<string, unknown>>;

/** Two pixels by one. */
function smallPng(): Buffer {
  const chunk = (type: string, data: Buffer): Buffer => {
    const typed = Buffer.concat([Buffer.from(type), data]);
    const frame = Buffer.alloc(8);
    frame.writeUInt32BE(data.length, 0);
    frame.writeUInt32BE(crc32(typed), 4);
    return Buffer.concat([frame.subarray(0, 4), typed, frame.subarray(4)]);
  };
  const header = Buffer.from([0, 0, 0, 2, 0, 0, 0, 1, 8, 2, 0, 0, 0]);
  const pixels = deflateSync(Buffer.from([0, 255, 0, 0, 0, 0, 255]));
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const chunks = [chunk('IHDR', header), chunk('IDAT', pixels), chunk('IEND', Buffer.alloc(0))];
  return Buffer.concat([signature, ...chunks]);
}

const claimsOf = (token: string): Json =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Json;
const bearersIn = (sent: string): string[] => [
  ...new Set([...sent.matchAll(/^authorization: Bearer (\S+)\r$/gim)].map(([, token = '']) => token)),
];
const times = (text: string, part: string): number => text.split(part).length - 1;

const house = await openHouse();
afterAll(() => house.stack.disposeAsync(), STOP_MS);

test("the user's token goes to no service but the one it was sent to: image sees one that is for image alone (security 102-104, 107)", async () => {
  const { system, toDesk, toImage, send } = house;
  const mia = await house.checkIn('mia');
  const image = await house.upload(mia);
  const set = await send('PUT', '/profile/me/avatar', mia.token, { image });
  expect([set.status, set.json['avatarImage']]).toEqual([200, image]);

  const sent = toImage.sent();
  const [exchanged = '', ...others] = bearersIn(sent);
  expect(others).toEqual([]);
  expect(times(sent, mia.token)).toBe(0);
  // Nor any part by which it could be put together again.
  for (const part of mia.token.split('.').slice(1)) expect(times(sent, part)).toBe(0);
  // To the desk it goes in exchange, and in no other way.
  expect(times(toDesk.sent(), mia.token)).toBe(times(toDesk.sent(), `subject_token=${mia.token}`));
  expect(times(toDesk.sent(), mia.token)).toBe(1);
  expect(bearersIn(toDesk.sent())).toEqual([]);

  const own = claimsOf(mia.token);
  const claims = claimsOf(exchanged);
  expect([claims['aud']].flat()).toEqual([`${system.origin}/image`]);
  expect(claims).toMatchObject({ sub: mia.id, client_id: 'profile', act: { sub: 'profile' } });
  expect(claims['scope']).toBe('image:read');
  expect(String(own['scope']).split(' ').length).toBeGreaterThan(1);
  expect(Number(claims['exp'])).toBeLessThanOrEqual(Number(own['exp']));

  expect((await send('GET', '/image/images', exchanged)).status).toBe(200);
  expect((await send('POST', '/image/images', exchanged, smallPng())).status).toBe(403);
  for (const path of ['/profile/me', '/data/collections/a/documents', '/auth/sessions'])
    expect({ path, status: (await send('GET', path, exchanged)).status }).toEqual({ path, status: 401 });
});

test('the log of image says that profile asks, and for whom', async () => {
  const ben = await house.checkIn('ben');
  const image = await house.upload(ben);
  expect((await house.send('PUT', '/profile/me/avatar', ben.token, { image })).status).toBe(200);

  const { logFile } = house.system.replica('image-1');
  await vi.waitFor(
    async () => {
      const log = await readFile(logFile, 'utf8');
      const lines = log.split('\n').filter((line) => line.includes(`/image/images/${image}`));
      expect(lines.map((line) => JSON.parse(line) as Json)).toContainEqual(
        expect.objectContaining({ subject: ben.id, client: 'profile', actors: ['profile'], status: 200 }),
      );
      expect(log).not.toContain(ben.token.split('.')[2]);
    },
    { timeout: 10_000, interval: 50 },
  );
});

test('a token narrowed to profile is refused by image and data; profile still acts for its user, as far as the scopes go', async () => {
  const { system, send } = house;
  const eve = await house.checkIn('eve');
  const image = await house.upload(eve);
  const resource = [`${system.origin}/profile`];
  const narrow = await house.signIn(eve, { resource, scope: READ_AND_WRITE });
  const withRight = await house.signIn(eve, { resource, scope: `${READ_AND_WRITE} image:read` });

  for (const token of [narrow, withRight]) {
    expect((await send('GET', '/profile/me', token)).status).toBe(200);
    expect((await send('GET', `/image/images/${image}`, token)).status).toBe(401);
    expect((await send('GET', '/data/collections/a/documents', token)).status).toBe(401);
  }
  expect((await send('PUT', '/profile/me/avatar', narrow, { image })).status).toBe(403);
  expect((await send('PUT', '/profile/me/avatar', withRight, { image })).status).toBe(200);
});

test("another's image is not theirs to show, and with the session its exchanged tokens end too (security 104)", async () => {
  const { send, toImage } = house;
  const ann = await house.checkIn('ann');
  const tom = await house.checkIn('tom');
  const image = await house.upload(ann);
  expect((await send('PUT', '/profile/me/avatar', tom.token, { image })).status).toBe(422);
  expect((await send('GET', '/profile/me', tom.token)).json).not.toHaveProperty('avatar');

  const exchanged = bearersIn(toImage.sent()).find((token) => claimsOf(token)['sub'] === tom.id);
  expect((await send('GET', '/image/images', exchanged)).status).toBe(200);
  expect((await send('DELETE', '/auth/sessions/current', tom.token)).status).toBe(204);
  await vi.waitFor(async () => expect((await send('GET', '/image/images', exchanged)).status).toBe(401), {
    timeout: 10_000,
    interval: 50,
  });
});
