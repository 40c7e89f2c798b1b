import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Service } from '@roomkey/service';
import { rowsHolding } from '@roomkey/test-kit';
import { createLocalJWKSet, jwtVerify, type JSONWebKeySet } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CLIENTS, makeClient, postAs, type TestClient } from './clients.ts';
import {
  AUTH,
  bearer,
  IMAGE,
  ISSUER,
  openDesk,
  PASSWORD,
  PROFILE,
  refresh,
  register,
  settingsFor,
  signIn,
  type Desk,
  type SignedIn,
} from './desk.ts';

const PURGED = 'https://schemas.openid.net/secevent/risc/event-type/account-purged';

let desk: Desk;
let apps: readonly [Service, Service];
let image: TestClient;
let profile: TestClient;
let guests = 0;

beforeAll(async () => {
  desk = await openDesk();
  const room = (resource: string) => ({ scopes: ['events'], resources: [AUTH], own_resources: [resource] });
  image = await makeClient('image', { ...room(IMAGE), exchange: [] });
  profile = await makeClient('profile', room(PROFILE));
  const env = { ...CLIENTS(image, profile), EVENT_REDELIVERY_SECONDS: '1' };
  apps = [await desk.replica({ env }), await desk.replica({ env })];
});
afterAll(() => desk[Symbol.asyncDispose]());

interface Erasure {
  readonly id: string;
  readonly report: string;
  readonly receipt: string;
}

interface Report {
  readonly state: string;
  readonly services: readonly { resource: string; state: string; erased_at?: string; counts?: object }[];
}

type Sets = Readonly<Record<string, string>>;

async function guest(): Promise<SignedIn & { id: string; name: string }> {
  const name = `leaving-${(guests += 1)}`;
  const id = await register(apps[0], name);
  return { ...(await signIn(apps[0], name)), id, name };
}

const erase = (card: SignedIn, password = PASSWORD) =>
  apps[0].inject({
    method: 'DELETE',
    url: '/auth/accounts/current',
    headers: bearer(card.access_token),
    payload: { password },
  });

const erased = async (card: SignedIn): Promise<Erasure> => (await erase(card)).json<Erasure>();

const readReport = ({ id }: Erasure, receipt: string) =>
  apps[1].inject({ url: `/auth/erasures/${id}`, headers: bearer(receipt) });

const report = async (erasure: Erasure): Promise<Report> =>
  (await readReport(erasure, erasure.receipt)).json<Report>();

async function ownToken(client: TestClient, scope = 'events'): Promise<string> {
  const answer = await postAs(apps[0], client, '/auth/token', {
    grant_type: 'client_credentials',
    resource: AUTH,
    scope,
  });
  return answer.json<{ access_token: string }>().access_token;
}

function poll(token: string, payload: object = { returnImmediately: true }, app = apps[0]) {
  return app.inject({ method: 'POST', url: '/auth/events/poll', headers: bearer(token), payload });
}

/** Polls until there is an event about the subject. */
async function eventAbout(client: TestClient, subject: string): Promise<{ jti: string; set: string }> {
  const token = await ownToken(client);
  for (;;) {
    const { sets } = (await poll(token, {})).json<{ sets: Sets }>();
    const found = Object.entries(sets).find(([, set]) => claimsOf(set)['sub_id'].sub === subject);
    if (found) return { jti: found[0], set: found[1] };
  }
}

/** Ids alone: who did what, and what was erased. */
const WHAT_STAYS = ['audit_log', 'erasures'];

const tablesHolding = async (text: string): Promise<string[]> =>
  [...new Set((await rowsHolding(desk.databaseUrl, text)).map(({ table }) => table))].toSorted();

// oxlint-disable-next-line typescript/no-explicit-any -- what a test expects of it is said by its assertions
const claimsOf = (jwt: string): any =>
  JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString());

test('who asks three times at once is told once that it is done, and twice that it is done already', async () => {
  const card = await guest();
  const answers = await Promise.all([erase(card), erase(card), erase(card)]);
  const statuses = answers.map(({ statusCode }) => statusCode).toSorted((a, b) => a - b);
  // 202 is the least of them; one that comes after the end of the session finds no session.
  expect(statuses[0]).toBe(202);
  for (const status of statuses.slice(1)) expect([401, 404, 410]).toContain(status);
});

test('whoever erases an account gives the password again; sessions end and the name is free, at once (security 83)', async () => {
  const card = await guest();
  const second = await signIn(apps[1], card.name);
  expect((await erase(card, 'not the password')).statusCode).toBe(403);
  expect((await refresh(apps[1], second.refresh_token)).statusCode).toBe(200);

  const answer = await erase(card);
  expect(answer.statusCode).toBe(202);
  const { id, report: address, receipt } = answer.json<Erasure>();
  expect(answer.headers.location).toBe(`${ISSUER}/auth/erasures/${id}`);
  expect([address, receipt.length]).toEqual([answer.headers.location, 43]);

  expect((await refresh(apps[1], second.refresh_token)).statusCode).toBe(400);
  await expect(signIn(apps[1], card.name)).rejects.toThrow('not right');
  for (const app of apps)
    await expect
      .poll(
        async () =>
          (await app.inject({ url: '/auth/sessions', headers: bearer(second.access_token) })).statusCode,
      )
      .toBe(401);
  const heir = await register(apps[1], card.name);
  expect(heir).not.toBe(card.id);
});

test('a sign-in that races with the erasure leaves neither a session nor a token that works (security 83)', async () => {
  const card = await guest();
  const racing = Array.from({ length: 12 }, (_, turn) =>
    (apps[turn % 2] as Service).inject({
      method: 'POST',
      url: '/auth/sessions',
      payload: { name: card.name, password: PASSWORD },
    }),
  );
  const [answer, ...signIns] = await Promise.all([erase(card), ...racing]);
  expect(answer.statusCode).toBe(202);
  for (const one of signIns) {
    expect([201, 401]).toContain(one.statusCode);
    if (one.statusCode !== 201) continue;
    const given = one.json<SignedIn>();
    expect((await refresh(apps[0], given.refresh_token)).statusCode).toBe(400);
    const isLive = () => apps[1].inject({ url: '/auth/sessions', headers: bearer(given.access_token) });
    await expect.poll(async () => (await isLive()).statusCode).toBe(401);
  }
  expect(await tablesHolding(card.id)).toEqual(WHAT_STAYS);
});

test('nothing in the database says the name any more, nor where its owner came from', async () => {
  const card = await guest();
  await signIn(apps[0], card.name);
  await erase(card);
  // But what bounds guesses at a name, whoever has it: that is gone within the hour.
  const tables = await tablesHolding(card.name);
  expect(tables.filter((table) => table !== 'rate_limits')).toEqual([]);
  expect(await tablesHolding(card.id)).toEqual(WHAT_STAYS);
});

test('a service is handed events for itself alone, signed, and typed so that they are nothing else (security 1, 9)', async () => {
  const card = await guest();
  const { id } = await erased(card);
  const { jti, set } = await eventAbout(image, card.id);
  const jwks = (await apps[1].inject('/.well-known/jwks.json')).json<JSONWebKeySet>();
  const { payload, protectedHeader } = await jwtVerify(set, createLocalJWKSet(jwks), {
    typ: 'secevent+jwt',
    issuer: ISSUER,
    audience: IMAGE,
    algorithms: ['ES256'],
  });
  expect(Object.keys(protectedHeader).toSorted()).toEqual(['alg', 'kid', 'typ']);
  expect(payload).toMatchObject({
    jti,
    txn: id,
    sub_id: { format: 'iss_sub', iss: ISSUER, sub: card.id },
    events: { [PURGED]: {} },
  });
  expect(payload).not.toHaveProperty('exp');
  expect(payload).not.toHaveProperty('sub');

  // As an access token, as a client's own, and as the proof of a client it is worth nothing.
  expect((await apps[0].inject({ url: '/auth/sessions', headers: bearer(set) })).statusCode).toBe(401);
  expect((await poll(set)).statusCode).toBe(401);
  const introspection = await postAs(apps[0], image, '/auth/introspect', { token: set });
  expect(introspection.json()).toEqual({ active: false });
  const proof = await postAs(apps[0], image, '/auth/token', {
    grant_type: 'client_credentials',
    client_assertion: set,
  });
  expect(proof.statusCode).toBe(401);
});

test('only a client that is a service itself may poll, with a token of its own for it', async () => {
  const card = await guest();
  expect((await poll(card.access_token)).statusCode).toBe(403);
  await expect(signIn(apps[0], card.name, { scope: 'events' })).rejects.toThrow('scope');
  expect((await apps[0].inject({ method: 'POST', url: '/auth/events/poll', payload: {} })).statusCode).toBe(
    401,
  );

  const homeless = await makeClient('homeless', {
    scopes: ['events'],
    resources: [AUTH],
    own_resources: [],
    exchange: [],
  });
  const app = await desk.replica({ env: CLIENTS(image, profile, homeless) });
  const answer = await poll(await ownToken(homeless), {}, app);
  expect([answer.statusCode, answer.json<{ detail: string }>().detail]).toEqual([
    403,
    expect.stringContaining('a resource themselves'),
  ]);
});

test('an event comes again until it is acknowledged by its own service; the first counts stay', async () => {
  const card = await guest();
  const erasure = await erased(card);
  const { jti } = await eventAbout(image, card.id);
  const [images, profiles] = [await ownToken(image), await ownToken(profile)];

  // Taken, so that nobody else is given it for a while; then again, under the same id.
  const isOffered = async () => jti in (await poll(images)).json<{ sets: Sets }>().sets;
  expect(await isOffered()).toBe(false);
  await expect.poll(isOffered).toBe(true);

  const acknowledge = (token: string, count: number) =>
    poll(token, { maxEvents: 0, ack: [jti], erased: { [jti]: { images: count } } });
  const imagePart = async () => (await report(erasure)).services.find(({ resource }) => resource === IMAGE);
  expect((await acknowledge(profiles, 9)).statusCode).toBe(200);
  expect(await imagePart()).toEqual({ resource: IMAGE, state: 'pending' });

  expect((await acknowledge(images, 3)).json()).toEqual({ sets: {}, moreAvailable: false });
  expect(await imagePart()).toMatchObject({ state: 'erased', counts: { images: 3 } });
  await acknowledge(images, 0);
  expect(await imagePart()).toMatchObject({ counts: { images: 3 } });
});

test('an event that is not believed is offered again, and is not done', async () => {
  const card = await guest();
  const erasure = await erased(card);
  const { jti } = await eventAbout(profile, card.id);
  const token = await ownToken(profile);
  const setErrs = { [jti]: { err: 'invalid_key', description: 'no such key here' } };
  expect((await poll(token, { maxEvents: 0, setErrs })).statusCode).toBe(200);
  await expect.poll(async () => jti in (await poll(token)).json<{ sets: Sets }>().sets).toBe(true);
  expect((await report(erasure)).state).toBe('pending');
});

test(
  'an administrator erases a user from the command line, and is given the receipt',
  { timeout: 60_000 },
  async () => {
    const card = await guest();
    const file = fileURLToPath(new URL('../src/admin.ts', import.meta.url));
    const { stdout } = await promisify(execFile)(execPath, [file, 'users', 'erase', card.name, '--json'], {
      env: settingsFor(desk.databaseUrl, CLIENTS(image, profile)),
    });
    const erasure = JSON.parse(stdout) as Erasure;
    expect((await report(erasure)).services[0]).toMatchObject({ resource: AUTH, counts: { accounts: 1 } });
    await expect(signIn(apps[0], card.name)).rejects.toThrow('not right');
    await eventAbout(image, card.id);
  },
);

test('a poll that waits is answered when an account is erased at another replica', async () => {
  const token = await ownToken(image);
  const drain = async (): Promise<boolean> =>
    (await poll(token, { returnImmediately: true })).json<{ moreAvailable: boolean }>().moreAvailable;
  while (await drain());
  const card = await guest();
  const waiting = poll(token, {}, apps[1]);
  await erase(card);
  const { sets } = (await waiting).json<{ sets: Sets }>();
  expect(Object.keys(sets).length).toBeGreaterThan(0);
});

test('of services that ask at once, each event goes to one', async () => {
  const cards = [await guest(), await guest(), await guest()];
  for (const card of cards) await erase(card);
  const token = await ownToken(image);
  const pages = await Promise.all(
    Array.from({ length: 6 }, (_, turn) => poll(token, { returnImmediately: true }, apps[turn % 2])),
  );
  const given = pages.flatMap((page) => Object.keys(page.json<{ sets: Sets }>().sets));
  expect(new Set(given).size).toBe(given.length);
});

test('the report is for whoever holds the receipt, and says when every service has erased', async () => {
  const card = await guest();
  const erasure = await erased(card);
  expect((await readReport(erasure, 'A'.repeat(43))).statusCode).toBe(401);
  expect((await readReport({ ...erasure, id: randomUUID() }, erasure.receipt)).statusCode).toBe(401);
  expect((await apps[0].inject(`/auth/erasures/${erasure.id}`)).headers['www-authenticate']).toBe('Bearer');
  expect(await report(erasure)).toMatchObject({
    state: 'pending',
    services: [
      { resource: AUTH, state: 'erased', counts: { accounts: 1, sessions: 1 } },
      { resource: IMAGE, state: 'pending' },
      { resource: PROFILE, state: 'pending' },
    ],
  });
  for (const client of [image, profile]) {
    const { jti } = await eventAbout(client, card.id);
    await poll(await ownToken(client), { maxEvents: 0, ack: [jti], erased: { [jti]: { things: 2 } } });
  }
  const done = await report(erasure);
  expect([done.state, done.services.map(({ state }) => state)]).toEqual([
    'erased',
    ['erased', 'erased', 'erased'],
  ]);
  expect(done.services[1]).toMatchObject({ resource: IMAGE, counts: { things: 2 } });
  expect(Date.parse(done.services[1]?.erased_at ?? '')).toBeGreaterThan(0);
});
