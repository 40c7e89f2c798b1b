import { expect, test } from 'vitest';
import { CLIENTS, makeClient, postAs } from './clients.ts';
import { AUTH, bearer, openDesk, PASSWORD, postForm } from './desk.ts';

const NAMELESS = '00000000-0000-0000-0000-000000000000';

test("a client's own token is about no user, and is told so wherever a user is meant", async () => {
  await using desk = await openDesk();
  const client = await makeClient('a'.repeat(36), {
    scopes: ['account', 'account:read'],
    resources: [AUTH],
    own_resources: [],
    exchange: [],
  });
  const app = await desk.replica({ env: CLIENTS(client) });
  const answer = await postAs(app, client, '/auth/token', {
    grant_type: 'client_credentials',
    resource: AUTH,
  });
  const headers = bearer(answer.json<{ access_token: string }>().access_token);
  const payload = { current_password: PASSWORD, new_password: `${PASSWORD} too` };

  expect((await app.inject({ url: '/auth/accounts/current', headers })).statusCode).toBe(404);
  expect(
    (await app.inject({ method: 'PUT', url: '/auth/accounts/current/password', headers, payload }))
      .statusCode,
  ).toBe(403);
  expect((await app.inject({ url: '/auth/sessions', headers })).json()).toEqual({ sessions: [] });
  expect((await app.inject({ method: 'DELETE', url: '/auth/sessions', headers })).statusCode).toBe(204);
  expect(
    (await app.inject({ method: 'DELETE', url: `/auth/sessions/${NAMELESS}`, headers })).statusCode,
  ).toBe(404);
});

test('an id that only looks like one is refused before the database sees it', async () => {
  await using desk = await openDesk();
  const operator = await makeClient('operator', {
    scopes: ['admin'],
    resources: [AUTH],
    own_resources: [],
    exchange: [],
  });
  const app = await desk.replica({ env: CLIENTS(operator) });
  const answer = await postAs(app, operator, '/auth/token', {
    grant_type: 'client_credentials',
    resource: AUTH,
  });
  const headers = bearer(answer.json<{ access_token: string }>().access_token);
  for (const id of [`urn:uuid:${NAMELESS}`, 'a'.repeat(36), `{${NAMELESS}}`]) {
    const user = `/auth/admin/users/${encodeURIComponent(id)}`;
    for (const request of [
      { method: 'GET', url: user },
      { method: 'PATCH', url: user, payload: { disabled: true } },
      { method: 'GET', url: `${user}/sessions` },
      { method: 'DELETE', url: `${user}/sessions` },
      { method: 'DELETE', url: `/auth/admin/sessions/${encodeURIComponent(id)}` },
    ] as const) {
      expect((await app.inject({ ...request, headers })).statusCode).toBe(400);
    }
  }
});

test('a 401 names a scheme, the one that was tried where one was (RFC 6749 §5.2, RFC 9110 §15.5.2)', async () => {
  await using desk = await openDesk();
  const app = await desk.replica();
  const wrong = await app.inject({
    method: 'POST',
    url: '/auth/sessions',
    payload: { name: 'nobody', password: PASSWORD },
  });
  expect([wrong.statusCode, wrong.headers['www-authenticate']]).toEqual([401, 'Bearer']);
  const form = 'grant_type=client_credentials';
  const basic = await app.inject({
    method: 'POST',
    url: '/auth/token',
    headers: { 'content-type': 'application/x-www-form-urlencoded', authorization: 'Basic YTpi' },
    payload: form,
  });
  expect([basic.statusCode, String(basic.headers['www-authenticate']).slice(0, 5)]).toEqual([401, 'Basic']);
  const none = await postForm(app, '/auth/token', form);
  expect(none.statusCode).toBe(401);
  expect(none.headers['www-authenticate']).toBe('Bearer');
});
