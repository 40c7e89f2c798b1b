import { expect, test } from 'vitest';
import { openDesk, PASSWORD, postForm, register } from './desk.ts';

const DEEP = `${'['.repeat(10_000)}${']'.repeat(10_000)}`;

const BODIES: readonly [string, string][] = [
  ['malformed JSON', '{"name":'],
  ['no object', '"ada"'],
  ['wrong types', '{"name":7,"password":{}}'],
  ['an unknown member', `{"name":"ada","password":"${PASSWORD}","admin":true}`],
  ['10,000 levels', DEEP],
  ['10,000 levels in a member', `{"name":${DEEP},"password":"x"}`],
  ['a prototype', `{"name":"ada","password":"${PASSWORD}","__proto__":{"admin":true}}`],
  ['an empty body', ''],
  ['a name of control characters', '{"name":"a\\u0000b","password":"12345678"}'],
  ['a name that is too long', `{"name":"${'a'.repeat(65)}","password":"12345678"}`],
  ['a password that is too long', `{"name":"eve","password":"${'a'.repeat(257)}"}`],
  ['half a surrogate pair', '{"name":"eve","password":"\\ud800aaaaaaaa"}'],
  ['more than a mebibyte', `{"name":"${'a'.repeat(1_100_000)}"}`],
];

test.each(BODIES)(
  '%s is refused at accounts and sessions with a problem that says why',
  async (_what, payload) => {
    await using desk = await openDesk();
    const app = await desk.replica();
    await register(app, 'ada');
    for (const url of ['/auth/accounts', '/auth/sessions']) {
      const response = await app.inject({
        method: 'POST',
        url,
        payload,
        headers: { 'content-type': 'application/json' },
      });
      expect(response.statusCode).toBeGreaterThanOrEqual(400);
      expect(response.statusCode).toBeLessThan(500);
      expect(response.headers['content-type']).toMatch('application/problem+json');
      expect(response.json<{ detail: string }>().detail).not.toBe('');
    }
  },
);

test.each([
  'text/plain',
  'application/JSON\t; x',
  ' application/json',
  'application/jsonx',
  'multipart/form-data',
])('a body sent as %j never skips validation (security 143)', async (contentType) => {
  await using desk = await openDesk();
  const app = await desk.replica();
  const response = await app.inject({
    method: 'POST',
    url: '/auth/accounts',
    headers: { 'content-type': contentType },
    payload: '{"name":"mallory","password":"short"}',
  });
  expect(response.statusCode).toBeGreaterThanOrEqual(400);
  expect(response.statusCode).toBeLessThan(500);
});

const FORMS: readonly [string, string, string][] = [
  ['nothing', '', 'invalid_request'],
  ['no grant type', 'client_id=app', 'invalid_request'],
  ['a repeated parameter', 'grant_type=refresh_token&client_id=app&client_id=app', 'invalid_request'],
  [
    'the password grant',
    'grant_type=password&client_id=app&username=ada&password=x',
    'unsupported_grant_type',
  ],
  ['an unknown client', 'grant_type=refresh_token&client_id=nobody&refresh_token=x', 'invalid_client'],
  [
    'a client of control characters',
    'grant_type=refresh_token&client_id=%00&refresh_token=x',
    'invalid_client',
  ],
  ['no refresh token', 'grant_type=refresh_token&client_id=app', 'invalid_request'],
  ['an empty refresh token', 'grant_type=refresh_token&client_id=app&refresh_token=', 'invalid_request'],
  [
    'a made-up refresh token',
    `grant_type=refresh_token&client_id=app&refresh_token=${'A'.repeat(43)}`,
    'invalid_grant',
  ],
  [
    'a long refresh token',
    `grant_type=refresh_token&client_id=app&refresh_token=${'A'.repeat(9_000)}`,
    'invalid_grant',
  ],
];

test.each(FORMS)(
  'a token request with %s is refused by RFC 6749 §5.2 (security 55, 57, 58)',
  async (_what, form, error) => {
    await using desk = await openDesk();
    const app = await desk.replica();
    const response = await postForm(app, '/auth/token', form);
    expect(response.json()).toMatchObject({ error });
    expect(response.statusCode).toBe(error === 'invalid_client' ? 401 : 400);
    expect(response.headers['cache-control']).toBe('no-store');
  },
);

test('the token endpoint takes forms and nothing else', async () => {
  await using desk = await openDesk();
  const app = await desk.replica();
  const json = await app.inject({
    method: 'POST',
    url: '/auth/token',
    payload: { grant_type: 'refresh_token' },
  });
  expect([json.statusCode, json.json()]).toMatchObject([400, { error: 'invalid_request' }]);
  const large = await postForm(app, '/auth/token', `a=${'b'.repeat(70_000)}`);
  expect([large.statusCode, large.json()]).toMatchObject([413, { error: 'invalid_request' }]);
});
