import type { Service } from '@roomkey/service';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createClock } from './clock.ts';
import {
  bearer,
  claimsOf,
  openDesk,
  PASSWORD,
  postForm,
  refresh,
  register,
  signIn,
  type Desk,
  type SignedIn,
} from './desk.ts';

const clock = createClock();
let desk: Desk;
let one: Service;
let two: Service;
let guests = 0;

beforeAll(async () => {
  desk = await openDesk();
  [one, two] = await Promise.all([desk.replica({ now: clock.now }), desk.replica({ now: clock.now })]);
});
afterAll(() => desk[Symbol.asyncDispose]());

async function guest(): Promise<SignedIn & { id: string; name: string }> {
  const name = `guest-${(guests += 1)}`;
  const id = await register(one, name);
  return { ...(await signIn(one, name)), id, name };
}

const tokensOf = (response: Awaited<ReturnType<typeof refresh>>) => response.json<SignedIn>();

async function isIn(accessToken: string): Promise<boolean> {
  const response = await two.inject({ url: '/auth/accounts/current', headers: bearer(accessToken) });
  return response.statusCode === 200;
}

test('a refresh token has 256 random bits and is replaced at each use (security 73, 74)', async () => {
  const first = await guest();
  const second = tokensOf(await refresh(one, first.refresh_token));
  const third = tokensOf(await refresh(two, second.refresh_token));
  const tokens = [first, second, third].map((card) => card.refresh_token);
  expect(new Set(tokens).size).toBe(3);
  expect(tokens.every((token) => Buffer.from(token, 'base64url').length === 32)).toBe(true);
});

test('ten uses at once, through two replicas, give one family and one successor (security 75)', async () => {
  const card = await guest();
  const responses = await Promise.all(
    Array.from({ length: 10 }, (_, turn) => refresh(turn % 2 === 0 ? one : two, card.refresh_token)),
  );
  expect(responses.map((response) => response.statusCode)).toEqual(Array.from({ length: 10 }, () => 200));
  const answers = responses.map(tokensOf);
  expect(new Set(answers.map((answer) => answer.refresh_token)).size).toBe(1);
  expect(new Set(answers.map((answer) => claimsOf(answer.access_token)['jti'])).size).toBe(1);
  const next = await refresh(one, answers[0]?.refresh_token ?? '');
  expect(next.statusCode).toBe(200);
});

test('a client that lost the answer gets the identical successor within seconds (security 77)', async () => {
  const card = await guest();
  const lost = tokensOf(await refresh(one, card.refresh_token));
  clock.advance(9);
  const again = tokensOf(await refresh(two, card.refresh_token));
  expect(again.refresh_token).toBe(lost.refresh_token);
  expect(again.expires_in).toBe(lost.expires_in - 9);
});

test('a used token that comes again later ends the family and its access tokens (security 74)', async () => {
  const card = await guest();
  const next = tokensOf(await refresh(one, card.refresh_token));
  expect(await isIn(next.access_token)).toBe(true);
  clock.advance(11);
  expect((await refresh(two, card.refresh_token)).json()).toMatchObject({ error: 'invalid_grant' });
  expect((await refresh(one, next.refresh_token)).json()).toMatchObject({ error: 'invalid_grant' });
  await expect.poll(() => isIn(next.access_token)).toBe(false);
  await expect.poll(() => isIn(card.access_token)).toBe(false);
});

test('a used token is reused at once when its successor has been used: the answer was not lost', async () => {
  const card = await guest();
  const next = tokensOf(await refresh(one, card.refresh_token));
  const latest = tokensOf(await refresh(one, next.refresh_token));
  expect((await refresh(two, card.refresh_token)).statusCode).toBe(400);
  expect((await refresh(two, latest.refresh_token)).statusCode).toBe(400);
});

test('what was used before a restart stays used after it (security 76)', async () => {
  const card = await guest();
  const old = await desk.replica({ now: clock.now });
  const next = tokensOf(await refresh(old, card.refresh_token));
  await old.close();
  clock.advance(11);
  const fresh = await desk.replica({ now: clock.now });
  expect((await refresh(fresh, card.refresh_token)).statusCode).toBe(400);
  expect((await refresh(fresh, next.refresh_token)).statusCode).toBe(400);
});

test('a session ends when it is not used, and in any case at its end (security 78)', async () => {
  const brief = { now: clock.now, env: { SESSION_SECONDS: '1000', SESSION_IDLE_SECONDS: '400' } };
  const app = await desk.replica(brief);
  const { name } = await guest();
  const idle = await signIn(app, name);
  const used = await signIn(app, name);
  clock.advance(399);
  const second = tokensOf(await refresh(app, used.refresh_token));
  clock.advance(2);
  expect((await refresh(app, idle.refresh_token)).statusCode).toBe(400);
  clock.advance(397);
  const third = tokensOf(await refresh(app, second.refresh_token));
  clock.advance(200);
  const fourth = tokensOf(await refresh(app, third.refresh_token));
  clock.advance(3);
  expect((await refresh(app, fourth.refresh_token)).json()).toMatchObject({ error: 'invalid_grant' });
});

test("another client's refresh token does nothing, and is left alone (security 73)", async () => {
  const other = JSON.stringify([
    { id: 'other-app', kind: 'public', grants: ['refresh_token'], scopes: ['image:read'], resources: [] },
  ]);
  const app = await desk.replica({ now: clock.now, env: { CLIENTS: other } });
  const card = await guest();
  expect((await refresh(app, card.refresh_token, { client_id: 'other-app' })).json()).toMatchObject({
    error: 'invalid_grant',
  });
  expect((await refresh(app, card.refresh_token)).statusCode).toBe(200);
});

test('a refresh is refused to a disabled user, and after a change of password but for the session that changed it (security 80, 87)', async () => {
  const card = await guest();
  const changing = await signIn(one, card.name);
  const changed = await one.inject({
    method: 'PUT',
    url: '/auth/accounts/current/password',
    headers: bearer(changing.access_token),
    payload: { current_password: PASSWORD, new_password: 'another lamp, another table' },
  });
  expect(changed.statusCode).toBe(204);
  expect((await refresh(two, card.refresh_token)).statusCode).toBe(400);
  await expect.poll(() => isIn(card.access_token)).toBe(false);
  expect((await refresh(two, changing.refresh_token)).statusCode).toBe(200);
});

test('an answer that cannot be given for want of scope costs no token', async () => {
  const card = await guest();
  expect((await refresh(one, card.refresh_token, { scope: 'admin' })).json()).toMatchObject({
    error: 'invalid_scope',
  });
  clock.advance(60);
  expect((await refresh(one, card.refresh_token)).statusCode).toBe(200);
});

test('revoking the refresh token ends its access tokens too; what nobody knows is answered alike (security 82, 83)', async () => {
  const card = await guest();
  const revoke = (token: string) => postForm(one, '/auth/revoke', { token, client_id: 'app' });
  expect((await revoke('A'.repeat(43))).statusCode).toBe(200);
  expect((await revoke('no token at all')).statusCode).toBe(200);
  expect((await revoke(card.refresh_token)).statusCode).toBe(200);
  expect((await refresh(two, card.refresh_token)).statusCode).toBe(400);
  await expect.poll(() => isIn(card.access_token)).toBe(false);
});

test('ending a session while it is refreshed leaves no living token behind (security 153)', async () => {
  for (let round = 0; round < 20; round += 1) {
    const card = await guest();
    const [, refreshed] = await Promise.all([
      one.inject({ method: 'DELETE', url: '/auth/sessions/current', headers: bearer(card.access_token) }),
      refresh(two, card.refresh_token),
    ]);
    if (refreshed.statusCode !== 200) continue;
    const next = tokensOf(refreshed);
    await expect.poll(() => isIn(next.access_token)).toBe(false);
    expect((await refresh(one, next.refresh_token)).statusCode).toBe(400);
  }
});
