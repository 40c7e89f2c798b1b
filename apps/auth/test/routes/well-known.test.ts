import { expect, test } from 'vitest';
import { ISSUER, openDesk } from '../desk.ts';

test('keys are published with type, ETag and a cache time, and 304 for who knows them (security 34, 35, 36)', async () => {
  await using desk = await openDesk();
  const app = await desk.replica();
  const first = await app.inject('/.well-known/jwks.json');
  expect(first.headers).toMatchObject({
    'content-type': 'application/jwk-set+json; charset=utf-8',
    'cache-control': 'public, max-age=60',
  });
  const { keys } = first.json<{ keys: Record<string, unknown>[] }>();
  expect(Object.keys(keys[0] ?? {}).toSorted()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);

  const again = await app.inject({
    url: '/.well-known/jwks.json',
    headers: { 'if-none-match': String(first.headers.etag) },
  });
  expect([again.statusCode, again.body]).toEqual([304, '']);
});

test('metadata name the configured issuer whatever the Host header says (security 53, 54)', async () => {
  await using desk = await openDesk();
  const app = await desk.replica();
  const headers = { host: 'evil.test', 'x-forwarded-host': 'evil.test', 'x-forwarded-proto': 'gopher' };
  const oauth = await app.inject({ url: '/.well-known/oauth-authorization-server', headers });
  const openid = await app.inject({ url: '/.well-known/openid-configuration', headers });
  expect(oauth.json()).toMatchObject({ issuer: ISSUER, token_endpoint: `${ISSUER}/auth/token` });
  expect(openid.body).toBe(oauth.body);
  expect(oauth.body).not.toContain('evil');
});
