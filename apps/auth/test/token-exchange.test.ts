import type { Service } from '@roomkey/service';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  ACCESS_TOKEN,
  assertion,
  ASSERTION_TYPE,
  CLIENTS,
  exchange,
  EXCHANGE,
  makeClient,
  postAs,
  type TestClient,
} from './clients.ts';
import { createClock } from './clock.ts';
import {
  AUTH,
  bearer,
  claimsOf,
  IMAGE,
  openDesk,
  postForm,
  PROFILE,
  refresh,
  register,
  signIn,
  type Desk,
  type SignedIn,
} from './desk.ts';

let desk: Desk;
let app: Service;
let profile: TestClient;
let image: TestClient;
let guests = 0;

beforeAll(async () => {
  desk = await openDesk();
  profile = await makeClient('profile');
  image = await makeClient('image', {
    own_resources: [IMAGE],
    exchange: [{ resource: PROFILE, scopes: ['profile:read', 'image:read'] }],
  });
  app = await desk.replica({ env: CLIENTS(profile, image) });
});
afterAll(() => desk[Symbol.asyncDispose]());

async function guest(more: Readonly<Record<string, unknown>> = {}): Promise<SignedIn> {
  const name = `guest-${(guests += 1)}`;
  await register(app, name);
  return signIn(app, name, more);
}

const errorOf = async (response: ReturnType<typeof exchange>) =>
  (await response).json<{ error: string }>().error;
const tokenOf = async (response: ReturnType<typeof exchange>) =>
  (await response).json<{ access_token: string }>().access_token;

/** Who acts, from the outermost inwards. */
function actorsIn(token: string): string[] {
  const actors: string[] = [];
  let act = claimsOf(token)['act'] as { sub: string; act?: never } | undefined;
  for (; act !== undefined; act = act.act) actors.push(act.sub);
  return actors;
}

test('a service exchanges the token it was given for one of exactly one audience that says who acts (security 101–104, 107)', async () => {
  const card = await guest();
  const parent = claimsOf(card.access_token);
  const response = await exchange(app, profile, card.access_token);
  expect(response.json()).toMatchObject({
    issued_token_type: ACCESS_TOKEN,
    token_type: 'Bearer',
    scope: 'image:read',
  });
  const claims = claimsOf(await tokenOf(Promise.resolve(response)));
  expect(claims).toMatchObject({
    sub: parent['sub'],
    sid: parent['sid'],
    aud: IMAGE,
    client_id: 'profile',
    act: { sub: 'profile' },
    exp: parent['exp'],
    status: parent['status'],
  });
  expect(String(claims['jti'])).toMatch(new RegExp(`^${String(parent['jti'])}\\.`));
});

test('actors nest, the current one outermost, and no deeper than four (security 102)', async () => {
  const card = await guest();
  let token = card.access_token;
  const actors: string[] = [];
  for (const [client, resource] of [
    [profile, IMAGE],
    [image, PROFILE],
    [profile, IMAGE],
    [image, PROFILE],
  ] as const) {
    token = await tokenOf(exchange(app, client, token, { resource, scope: 'image:read' }));
    actors.unshift(client.id);
  }
  expect(actorsIn(token)).toEqual(actors);
  expect(await errorOf(exchange(app, profile, token))).toBe('invalid_request');
});

const FORMS: readonly [string, Record<string, string | undefined>, string][] = [
  ['no subject token', { subject_token: undefined }, 'invalid_request'],
  ['an empty subject token', { subject_token: '' }, 'invalid_request'],
  ['no subject token type', { subject_token_type: undefined }, 'invalid_request'],
  [
    'a refresh token for a type',
    { subject_token_type: 'urn:ietf:params:oauth:token-type:refresh_token' },
    'invalid_request',
  ],
  [
    'an ID token for a type',
    { subject_token_type: 'urn:ietf:params:oauth:token-type:id_token' },
    'invalid_request',
  ],
  ['a garbage subject token', { subject_token: 'garbage' }, 'invalid_grant'],
  [
    'a refresh token as requested type',
    { requested_token_type: 'urn:ietf:params:oauth:token-type:refresh_token' },
    'invalid_request',
  ],
  ['no target', { resource: undefined }, 'invalid_target'],
  ['an unknown target', { resource: 'https://elsewhere.test' }, 'invalid_target'],
  ['an unlisted target', { resource: AUTH }, 'invalid_target'],
  ['two targets', { audience: PROFILE }, 'invalid_target'],
  ['a scope outside the policy', { scope: 'image:write' }, 'invalid_scope'],
  ['an actor token without its type', { actor_token: 'x' }, 'invalid_request'],
  ['an actor token type without its token', { actor_token_type: ACCESS_TOKEN }, 'invalid_request'],
  ['a garbage actor token', { actor_token: 'x', actor_token_type: ACCESS_TOKEN }, 'invalid_grant'],
];

test.each(FORMS)(
  'an exchange with %s gives no token (security 100, 103, 105, 106)',
  async (_what, form, error) => {
    const card = await guest();
    const response = await exchange(app, profile, card.access_token, form);
    expect([response.statusCode, response.json()]).toMatchObject([400, { error }]);
    expect(response.body).not.toContain('access_token');
  },
);

test('a subject token that is tampered with, unsigned, or of another type gives no token (security 100)', async () => {
  const card = await guest();
  const [header = '', payload = '', signature = ''] = card.access_token.split('.');
  const flipped = signature.startsWith('A') ? `B${signature.slice(1)}` : `A${signature.slice(1)}`;
  const none = Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url');
  const wider = Buffer.from(JSON.stringify({ ...claimsOf(card.access_token), scope: 'admin' })).toString(
    'base64url',
  );
  const texts = [
    `${header}.${payload}.${flipped}`,
    `${none}.${payload}.${signature}`,
    `${none}.${payload}.AA`,
    `${header}.${wider}.${signature}`,
    `${header}.${payload}`,
    await assertion(profile, {}, { typ: 'at+jwt' }),
    card.refresh_token,
  ];
  for (const text of texts) expect(await errorOf(exchange(app, profile, text))).toBe('invalid_grant');
});

test('an expired subject token gives no token, and a late one no longer life than its own (security 100, 104)', async () => {
  const clock = createClock();
  await using another = await openDesk();
  const later = await another.replica({ now: clock.now, env: CLIENTS(profile) });
  await register(later, 'ada');
  const card = await signIn(later, 'ada');
  clock.advance(250);
  const client_assertion = await assertion(profile, {
    iat: Math.floor(clock.now().getTime() / 1_000),
    exp: Math.floor(clock.now().getTime() / 1_000) + 60,
  });
  const late = await exchange(later, profile, card.access_token, { client_assertion });
  expect(claimsOf(late.json<SignedIn>().access_token)['exp']).toBe(claimsOf(card.access_token)['exp']);
  clock.advance(60);
  const exp = Math.floor(clock.now().getTime() / 1_000) + 60;
  const again = exchange(later, profile, card.access_token, {
    client_assertion: await assertion(profile, { exp }),
  });
  expect(await errorOf(again)).toBe('invalid_grant');
});

test('a revoked token, session or user gives no token, and what was exchanged before falls with it (security 100, 104)', async () => {
  const byToken = await guest();
  const bySession = await guest();
  const derived = await tokenOf(exchange(app, profile, byToken.access_token));
  await postForm(app, '/auth/revoke', { token: byToken.access_token, client_id: 'app' });
  await app.inject({
    method: 'DELETE',
    url: '/auth/sessions/current',
    headers: bearer(bySession.access_token),
  });
  for (const card of [byToken, bySession])
    expect(await errorOf(exchange(app, profile, card.access_token))).toBe('invalid_grant');
  expect(await errorOf(exchange(app, image, derived, { resource: PROFILE }))).toBe('invalid_grant');
  const told = await postAs(app, image, '/auth/introspect', { token: derived });
  expect(told.json()).toEqual({ active: false });
  expect((await refresh(app, byToken.refresh_token)).statusCode).toBe(200);
});

test('a token for another service is not for this client to exchange (security 106, 107)', async () => {
  const card = await guest({ resource: [IMAGE], scope: 'image:read profile:read' });
  expect(await errorOf(exchange(app, profile, card.access_token))).toBe('invalid_grant');
});

test('scopes that the subject token lacks are not had by exchange (security 103)', async () => {
  const card = await guest({ resource: [PROFILE], scope: 'profile:read' });
  expect(await errorOf(exchange(app, profile, card.access_token))).toBe('invalid_scope');
});

test('only a client with the right and a key exchanges (security 106)', async () => {
  const card = await guest();
  const without = await makeClient('without', { grants: ['client_credentials'] });
  const other = await desk.replica({ env: CLIENTS(without) });
  expect(await errorOf(exchange(other, without, card.access_token))).toBe('unauthorized_client');
  const form = {
    grant_type: EXCHANGE,
    subject_token: card.access_token,
    subject_token_type: ACCESS_TOKEN,
    resource: IMAGE,
  };
  const named = await postForm(app, '/auth/token', { ...form, client_id: 'app' });
  expect(named.json()).toMatchObject({ error: 'unauthorized_client' });
  const nobody = await postForm(app, '/auth/token', { ...form, client_assertion_type: ASSERTION_TYPE });
  expect(nobody.json()).toMatchObject({ error: 'invalid_client' });
});

test("an actor token is the calling client's own or it is refused (security 105)", async () => {
  const card = await guest();
  const ownOf = async (client: TestClient) =>
    (await postAs(app, client, '/auth/token', { grant_type: 'client_credentials' })).json<SignedIn>()
      .access_token;
  const withActor = async (client: TestClient) =>
    exchange(app, profile, card.access_token, {
      actor_token: await ownOf(client),
      actor_token_type: ACCESS_TOKEN,
    });
  expect(actorsIn(await tokenOf(withActor(profile)))).toEqual(['profile']);
  expect(await errorOf(withActor(image))).toBe('invalid_grant');
});
