import { createLocalJWKSet, jwtVerify, type JSONWebKeySet } from 'jose';
import { expect, test } from 'vitest';
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
  signIn,
  type SignedIn,
} from './desk.ts';

test('a guest registers, signs in, refreshes and signs out, each at another replica (security 56, 87)', async () => {
  await using desk = await openDesk();
  const [one, two] = [await desk.replica(), await desk.replica()];
  const id = await register(one, 'Ada');

  const tokens = await signIn(two, 'ada');
  const refreshed = await refresh(one, tokens.refresh_token);
  expect(refreshed.statusCode).toBe(200);
  expect(refreshed.headers['cache-control']).toBe('no-store');
  const next = refreshed.json<SignedIn>();
  expect(next.refresh_token).not.toBe(tokens.refresh_token);

  const jwks = (await two.inject('/.well-known/jwks.json')).json<JSONWebKeySet>();
  const { payload, protectedHeader } = await jwtVerify(next.access_token, createLocalJWKSet(jwks), {
    issuer: ISSUER,
    audience: IMAGE,
    typ: 'at+jwt',
    algorithms: ['ES256'],
  });
  expect(protectedHeader.kid).toBe(jwks.keys[0]?.kid);
  expect(payload).toMatchObject({
    sub: id,
    client_id: 'app',
    sid: tokens.session_id,
    aud: [IMAGE, PROFILE, AUTH],
  });

  const signedOut = await two.inject({
    method: 'DELETE',
    url: '/auth/sessions/current',
    headers: bearer(next.access_token),
  });
  expect(signedOut.statusCode).toBe(204);
  const late = await refresh(one, next.refresh_token);
  expect(late.statusCode).toBe(400);
  expect(late.json()).toMatchObject({ error: 'invalid_grant' });
});

test('a wrong password and an unknown name get the same answer (security 119)', async () => {
  await using desk = await openDesk();
  const app = await desk.replica();
  await register(app, 'ada');
  const post = (name: string, password: string) =>
    app.inject({ method: 'POST', url: '/auth/sessions', payload: { name, password } });

  const wrong = await post('ada', 'not the password');
  const unknown = await post('nobody', PASSWORD);
  const { instance: _one, ...wrongBody } = wrong.json<Record<string, unknown>>();
  const { instance: _two, ...unknownBody } = unknown.json<Record<string, unknown>>();
  expect(wrong.statusCode).toBe(401);
  expect([unknown.statusCode, unknownBody]).toEqual([wrong.statusCode, wrongBody]);
});

test('a name is taken whatever its case', async () => {
  await using desk = await openDesk();
  const app = await desk.replica();
  await register(app, 'Ada');
  const again = await app.inject({
    method: 'POST',
    url: '/auth/accounts',
    payload: { name: 'aDA', password: PASSWORD },
  });
  expect(again.statusCode).toBe(409);
});

test('a sign-in can be narrowed to a service, and a refresh narrows further but never widens (security 79)', async () => {
  await using desk = await openDesk();
  const app = await desk.replica();
  await register(app, 'ada');
  const tokens = await signIn(app, 'ada', { resource: [IMAGE, PROFILE] });
  expect(tokens.scope).toBe('image:read image:write profile:read profile:write');

  const narrowed = await refresh(app, tokens.refresh_token, { resource: PROFILE, scope: 'profile:read' });
  expect(narrowed.json()).toMatchObject({ scope: 'profile:read' });
  const next = narrowed.json<SignedIn>().refresh_token;
  expect((await refresh(app, next, { scope: 'account' })).json()).toMatchObject({ error: 'invalid_scope' });
  expect((await refresh(app, next, { resource: AUTH })).json()).toMatchObject({ error: 'invalid_target' });
  expect((await refresh(app, next)).json()).toMatchObject({ scope: tokens.scope });
});

test('two replicas that start at once agree on one first key', async () => {
  await using desk = await openDesk();
  const [one, two] = await Promise.all([desk.replica(), desk.replica()]);
  const keysOf = async (app: typeof one) =>
    (await app.inject('/.well-known/jwks.json')).json<JSONWebKeySet>().keys;
  await expect.poll(() => keysOf(one)).toHaveLength(1);
  expect(await keysOf(two)).toEqual(await keysOf(one));
});
