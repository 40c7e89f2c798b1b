import { openDatabase } from '@roomkey/database';
import type { Service } from '@roomkey/service';
import { faultOfRefusal, HOSTILE_BODIES, type Reply } from '@roomkey/test-kit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Schema } from '../src/store/schema.ts';
import { bearer, openDesk, PASSWORD, postForm, register, signIn, type Desk } from './desk.ts';

let desk: Desk;
let app: Service;
let card: string;
let adaId: string;

beforeAll(async () => {
  desk = await openDesk();
  app = await desk.replica({
    env: { SIGN_INS_PER_ADDRESS_PER_MINUTE: '10000', REGISTRATIONS_PER_ADDRESS_PER_HOUR: '10000' },
  });
  adaId = await register(app, 'ada');
  await using database = openDatabase<Schema>({
    url: desk.databaseUrl,
    applicationName: 'test',
    onError: () => {},
  });
  await database.db
    .updateTable('users')
    .set({ roles: ['guest', 'admin'] })
    .execute();
  card = (await signIn(app, 'ada', { scope: 'account admin' })).access_token;
});
afterAll(() => desk[Symbol.asyncDispose]());

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

async function send(
  method: Method,
  url: string,
  payload?: string | Buffer,
  headers: Record<string, string> = {},
) {
  const type = payload === undefined ? {} : { 'content-type': 'application/json' };
  const response = await app.inject({
    method,
    url,
    headers: { ...bearer(card), ...type, ...headers },
    ...(payload !== undefined && { payload }),
  });
  return {
    status: response.statusCode,
    headers: response.headers,
    text: response.body,
    json: response.body === '' ? undefined : response.json(),
  } satisfies Reply;
}

const ROUTES: readonly [Method, string][] = [
  ['POST', '/auth/accounts'],
  ['POST', '/auth/sessions'],
  ['PUT', '/auth/accounts/current/password'],
  ['PATCH', '/auth/admin/users/ID'],
  ['PUT', '/auth/admin/clients/some-client'],
  ['PATCH', '/auth/admin/clients/app'],
];

test.each(HOSTILE_BODIES)(
  '$name is refused by every route that takes JSON, with a problem that says why (security 143)',
  async (hostile) => {
    for (const [method, url] of ROUTES) {
      const { body, headers = {} } = hostile;
      const payload = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
      const reply = await send(method, url.replace('ID', adaId), payload, { ...headers });
      expect(faultOfRefusal(reply, hostile.statuses)).toBeUndefined();
    }
  },
);

const BODIES: readonly [string, Method, string, string][] = [
  ['wrong types', 'POST', '/auth/accounts', '{"name":7,"password":{}}'],
  [
    'an unknown member',
    'POST',
    '/auth/accounts',
    `{"name":"eve","password":"${PASSWORD}","roles":["admin"]}`,
  ],
  ['a name of control characters', 'POST', '/auth/accounts', `{"name":"a\\u0000b","password":"${PASSWORD}"}`],
  [
    'a name that is too long',
    'POST',
    '/auth/accounts',
    `{"name":"${'a'.repeat(65)}","password":"${PASSWORD}"}`,
  ],
  ['a name of two lines', 'POST', '/auth/accounts', `{"name":"eve\\nadmin","password":"${PASSWORD}"}`],
  ['a name that looks like another', 'POST', '/auth/accounts', `{"name":"аdа","password":"${PASSWORD}"}`],
  ['a short password', 'POST', '/auth/accounts', '{"name":"eve","password":"1234567"}'],
  ['a password that is too long', 'POST', '/auth/accounts', `{"name":"eve","password":"${'a'.repeat(257)}"}`],
  ['half a surrogate pair', 'POST', '/auth/accounts', '{"name":"eve","password":"\\ud800aaaaaaaa"}'],
  ['no service', 'POST', '/auth/sessions', `{"name":"ada","password":"${PASSWORD}","resource":[]}`],
  [
    'an unknown service',
    'POST',
    '/auth/sessions',
    `{"name":"ada","password":"${PASSWORD}","resource":["urn:x"]}`,
  ],
  [
    'an unknown scope',
    'POST',
    '/auth/sessions',
    `{"name":"ada","password":"${PASSWORD}","scope":"everything"}`,
  ],
  ['an unknown client', 'POST', '/auth/sessions', `{"name":"ada","password":"${PASSWORD}","client_id":"x"}`],
  [
    'a client of control characters',
    'POST',
    '/auth/sessions',
    `{"name":"ada","password":"${PASSWORD}","client_id":"\\u0000"}`,
  ],
  ['no change', 'PATCH', '/auth/admin/users/ID', '{}'],
  ['a role that is no text', 'PATCH', '/auth/admin/users/ID', '{"roles":[7]}'],
];

test.each(BODIES)('%s is refused, and nothing is half stored', async (_what, method, url, payload) => {
  const reply = await send(method, url.replace('ID', adaId), payload);
  expect(faultOfRefusal(reply, [400])).toBeUndefined();
  const users = await send('GET', '/auth/admin/users');
  expect(users.json).toMatchObject({ users: [{ name: 'ada', roles: ['guest', 'admin'] }] });
});

const PATHS: readonly [Method, string][] = [
  ['DELETE', '/auth/sessions/..%2f..%2fadmin'],
  ['DELETE', '/auth/sessions/%00'],
  ['DELETE', `/auth/sessions/${'a'.repeat(2_000)}`],
  ['GET', '/auth/admin/users/1%20or%201=1'],
  ['GET', '/auth/admin/users?limit=1e9'],
  ['GET', '/auth/admin/users?limit=-1'],
  ['GET', '/auth/admin/users?name=%00'],
  ['GET', '/auth/admin/users?sort=password_hash'],
  ['GET', '/auth/admin/clients/constructor%00'],
  ['GET', '/auth/admin/clients/__proto__'],
  ['GET', '/auth/admin/audit?before=1;drop'],
  ['GET', '/auth/admin/audit?target=%00'],
  ['DELETE', '/auth/admin/keys/..%2f..%2f'],
  ['DELETE', '/auth/admin/keys/%00'],
  ['DELETE', '/auth/sessions?except=nobody'],
];

test.each(PATHS)('%s %s is refused with a problem', async (method, url) => {
  const reply = await send(method, url);
  expect(faultOfRefusal(reply, [400, 404, 414])).toBeUndefined();
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
  ['broken percent-encoding', 'grant_type=%zz%&client_id=app', 'unsupported_grant_type'],
];

test.each(FORMS)(
  'a token request with %s is refused by RFC 6749 §5.2 (security 55, 57, 58)',
  async (_what, form, error) => {
    const response = await postForm(app, '/auth/token', form);
    expect(response.json()).toMatchObject({ error });
    expect(response.statusCode).toBe(error === 'invalid_client' ? 401 : 400);
    expect(response.headers['cache-control']).toBe('no-store');
  },
);

test('the OAuth endpoints take forms and nothing else', async () => {
  for (const url of ['/auth/token', '/auth/revoke', '/auth/introspect']) {
    const json = await app.inject({ method: 'POST', url, payload: { grant_type: 'refresh_token' } });
    expect([json.statusCode, json.json()]).toMatchObject([400, { error: 'invalid_request' }]);
    const large = await postForm(app, url, `a=${'b'.repeat(70_000)}`);
    expect([large.statusCode, large.json()]).toMatchObject([413, { error: 'invalid_request' }]);
  }
});
