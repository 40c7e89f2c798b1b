import type { Service } from '@roomkey/service';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bearer, openDesk, PASSWORD, refresh, register, signIn, type Desk, type SignedIn } from './desk.ts';

let desk: Desk;
let app: Service;
let guests = 0;

beforeAll(async () => {
  desk = await openDesk();
  app = await desk.replica();
});
afterAll(() => desk[Symbol.asyncDispose]());

interface Listed {
  readonly id: string;
  readonly address: string;
  readonly user_agent: string | null;
  readonly current: boolean;
  readonly last_used_at: string;
}

async function guest(): Promise<string> {
  const name = `guest-${(guests += 1)}`;
  await register(app, name);
  return name;
}

async function list(card: SignedIn): Promise<Listed[]> {
  const response = await app.inject({ url: '/auth/sessions', headers: bearer(card.access_token) });
  return response.json<{ sessions: Listed[] }>().sessions;
}

const end = (card: SignedIn, path: string) =>
  app.inject({ method: 'DELETE', url: `/auth/sessions${path}`, headers: bearer(card.access_token) });

test('a user sees where and when each session was begun and last used (security 122)', async () => {
  const name = await guest();
  const first = await signIn(app, name);
  const second = await signIn(app, name);
  await refresh(app, first.refresh_token);
  const sessions = await list(second);
  expect(sessions.map(({ id, current }) => [id, current])).toEqual([
    [first.session_id, false],
    [second.session_id, true],
  ]);
  expect(sessions[0]).toMatchObject({ address: '127.0.0.1', user_agent: 'lightMyRequest' });
});

test('one session is ended, or all others, or all (security 87, 122)', async () => {
  const name = await guest();
  const cards = [await signIn(app, name), await signIn(app, name), await signIn(app, name)] as const;
  expect((await end(cards[0], `/${cards[1].session_id}`)).statusCode).toBe(204);
  expect((await list(cards[0])).map(({ id }) => id).toSorted()).toEqual(
    [cards[0].session_id, cards[2].session_id].toSorted(),
  );
  expect((await end(cards[0], '?except=current')).statusCode).toBe(204);
  expect((await list(cards[0])).map(({ id }) => id)).toEqual([cards[0].session_id]);
  expect((await end(cards[0], '')).statusCode).toBe(204);
  await expect.poll(async () => (await end(cards[0], '')).statusCode).toBe(401);
});

test("somebody else's session is not found, and lives on (security 31)", async () => {
  const [mine, theirs] = [await signIn(app, await guest()), await signIn(app, await guest())];
  expect((await end(mine, `/${theirs.session_id}`)).statusCode).toBe(404);
  expect((await end(mine, '/not-a-uuid')).statusCode).toBe(400);
  expect(await list(theirs)).toHaveLength(1);
});

test('a token without the scope account:read is told that it needs it (security 30)', async () => {
  const card = await signIn(app, await guest(), { scope: 'image:read' });
  const response = await app.inject({ url: '/auth/sessions', headers: bearer(card.access_token) });
  expect(response.statusCode).toBe(403);
  expect(response.headers['www-authenticate']).toContain('scope="account:read"');
});

test('whoever may only look at an account changes nothing of it (security 30)', async () => {
  const name = await guest();
  const { access_token: token } = await signIn(app, name, { scope: 'account:read' });
  const headers = bearer(token);
  const payload = { current_password: PASSWORD, new_password: `${PASSWORD} too` };

  expect((await app.inject({ url: '/auth/accounts/current', headers })).json()).toMatchObject({ name });
  expect((await app.inject({ url: '/auth/sessions', headers })).json().sessions).toHaveLength(1);
  const password = { method: 'PUT', url: '/auth/accounts/current/password', payload } as const;
  const ending = ['/auth/sessions', '/auth/sessions/current'].map((url) => ({
    method: 'DELETE' as const,
    url,
  }));
  for (const request of [password, ...ending]) {
    const answer = await app.inject({ ...request, headers });
    expect([answer.statusCode, answer.headers['www-authenticate']]).toEqual([
      403,
      'Bearer error="insufficient_scope", scope="account"',
    ]);
  }
});

test('a change of password wants the current one, and refuses what everybody tries first (security 117)', async () => {
  const name = await guest();
  const card = await signIn(app, name);
  const change = (current_password: string, new_password: string) =>
    app.inject({
      method: 'PUT',
      url: '/auth/accounts/current/password',
      headers: bearer(card.access_token),
      payload: { current_password, new_password },
    });
  expect((await change('wrong', 'a perfectly good one')).statusCode).toBe(403);
  expect((await change(PASSWORD, 'password123')).statusCode).toBe(400);
  expect((await change(PASSWORD, 'short')).statusCode).toBe(400);
  expect((await change(PASSWORD, 'a perfectly good one')).statusCode).toBe(204);
  const old = await app.inject({
    method: 'POST',
    url: '/auth/sessions',
    payload: { name, password: PASSWORD },
  });
  expect(old.statusCode).toBe(401);
});
