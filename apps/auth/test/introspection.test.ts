import type { Service } from '@roomkey/service';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CLIENTS, makeClient, postAs, type TestClient } from './clients.ts';
import {
  bearer,
  claimsOf,
  IMAGE,
  openDesk,
  postForm,
  PROFILE,
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
  image = await makeClient('image', { own_resources: [IMAGE], exchange: [] });
  app = await desk.replica({ env: CLIENTS(profile, image) });
});
afterAll(() => desk[Symbol.asyncDispose]());

async function guest(more: Readonly<Record<string, unknown>> = {}): Promise<SignedIn> {
  const name = `guest-${(guests += 1)}`;
  await register(app, name);
  return signIn(app, name, more);
}

const introspect = (client: TestClient, token: string) => postAs(app, client, '/auth/introspect', { token });
const INACTIVE = '{"active":false}';

test('a live token is described to a service it is for', async () => {
  const card = await guest({ resource: [PROFILE] });
  const claims = claimsOf(card.access_token);
  const { status: _status, ...told } = claims;
  expect((await introspect(profile, card.access_token)).json()).toEqual({
    active: true,
    token_type: 'Bearer',
    ...told,
  });
});

test('a token for others, a forged, an expired-looking, a revoked one: all are inactive, and nothing more is said (security 86)', async () => {
  const foreign = await guest({ resource: [PROFILE] });
  const ended = await guest();
  await app.inject({ method: 'DELETE', url: '/auth/sessions/current', headers: bearer(ended.access_token) });
  const revoked = await guest();
  await postForm(app, '/auth/revoke', { token: revoked.access_token, client_id: 'app' });
  const [header, payload] = foreign.access_token.split('.');
  const texts = [
    foreign.access_token,
    ended.access_token,
    revoked.access_token,
    `${header}.${payload}.${'A'.repeat(86)}`,
    foreign.refresh_token,
    'garbage',
    'a.b.c',
  ];
  for (const text of texts) expect((await introspect(image, text)).body).toBe(INACTIVE);
});

test('introspection demands a key: a name alone, or nothing, is refused (security 85)', async () => {
  const { access_token: token } = await guest();
  for (const form of [{ token }, { token, client_id: 'app' }, { token, client_id: 'profile' }]) {
    const response = await postForm(app, '/auth/introspect', form);
    expect([response.statusCode, response.json()]).toMatchObject([401, { error: 'invalid_client' }]);
  }
  expect((await postAs(app, profile, '/auth/introspect', {})).json()).toMatchObject({
    error: 'invalid_request',
  });
});

test("a client cannot revoke another's token, and learns nothing of it (security 82)", async () => {
  const card = await guest();
  for (const token of [card.access_token, card.refresh_token])
    expect((await postAs(app, profile, '/auth/revoke', { token })).statusCode).toBe(200);
  expect((await introspect(profile, card.access_token)).json()).toMatchObject({ active: true });
  expect((await postForm(app, '/auth/revoke', { token: card.access_token })).json()).toMatchObject({
    error: 'invalid_client',
  });
});

test('a client revokes its own token, and its next one is good', async () => {
  const grant = async () =>
    (await postAs(app, profile, '/auth/token', { grant_type: 'client_credentials' })).json<SignedIn>()
      .access_token;
  const first = await grant();
  await postAs(app, profile, '/auth/revoke', { token: first, token_type_hint: 'refresh_token' });
  expect((await introspect(profile, first)).body).toBe(INACTIVE);
  await expect
    .poll(async () => (await introspect(profile, await grant())).json<{ active: boolean }>().active)
    .toBe(true);
});

test('what was exchanged is revoked alone, and its parent lives on', async () => {
  const card = await guest();
  const exchanged = await postAs(app, profile, '/auth/token', {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token: card.access_token,
    subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    resource: IMAGE,
  });
  const { access_token: child } = exchanged.json<SignedIn>();
  expect((await introspect(image, child)).json()).toMatchObject({ active: true, act: { sub: 'profile' } });
  await postAs(app, profile, '/auth/revoke', { token: child });
  expect((await introspect(image, child)).body).toBe(INACTIVE);
  expect((await introspect(profile, card.access_token)).json()).toMatchObject({ active: true });
});
