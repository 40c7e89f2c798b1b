import { createVerifier, openIssuerView, type Verdict } from '@roomkey/resource-server';
import type { Service } from '@roomkey/service';
import { expect, onTestFinished, test, vi } from 'vitest';
import { CLIENTS, exchange, makeClient, postAs, type TestClient } from './clients.ts';
import { AUTH, bearer, claimsOf, IMAGE, ISSUER, openDesk, postForm, register, signIn } from './desk.ts';

const listen = (app: Service) => app.listen({ host: '127.0.0.1', port: 0 });

/** A room that follows one replica of the desk. */
async function roomAt(origin: string, polling: { pollMs: number; hints: boolean }) {
  const view = await openIssuerView({
    issuer: ISSUER,
    jwksUrl: `${origin}/.well-known/jwks.json`,
    statusListsUrl: `${origin}/auth/status-lists`,
    eventsUrl: polling.hints ? `${origin}/auth/status-lists/events` : undefined,
    pollMs: polling.pollMs,
  });
  onTestFinished(() => view.close());
  const verifier = createVerifier({ issuers: [{ view, audience: IMAGE }] });
  return (token: string): Verdict => verifier.verify(token);
}

const REFUSED = { ok: false, reason: 'revoked' };

test('signing out at one replica reaches rooms that follow the other (security 83, 84, 87)', async () => {
  await using desk = await openDesk();
  const [one, other] = [await desk.replica(), await desk.replica()];
  const origin = await listen(other);
  const [hinted, polling] = [
    await roomAt(origin, { pollMs: 3_600_000, hints: true }),
    await roomAt(origin, { pollMs: 50, hints: false }),
  ];
  await register(one, 'ada');
  const { access_token: kept } = await signIn(one, 'ada');
  const { access_token: token } = await signIn(one, 'ada');
  // The window of the first token may not have been there when the rooms opened.
  await vi.waitFor(() => expect([hinted(token).ok, polling(token).ok]).toEqual([true, true]), {
    interval: 5,
  });

  const answer = await one.inject({
    method: 'DELETE',
    url: '/auth/sessions/current',
    headers: bearer(token),
  });
  expect(answer.statusCode).toBe(204);
  await vi.waitFor(() => expect([hinted(token), polling(token)]).toEqual([REFUSED, REFUSED]), {
    interval: 5,
  });
  expect([hinted(kept).ok, polling(kept).ok]).toEqual([true, true]);
  // The desk reads its own cards as every room does.
  for (const app of [one, other]) {
    const again = () =>
      app.inject({ method: 'DELETE', url: '/auth/sessions/current', headers: bearer(token) });
    await vi.waitFor(async () => expect((await again()).statusCode).toBe(401), { interval: 5 });
  }
});

test('every token has a bit of its own, drawn from blocks that replicas do not share (security 98)', async () => {
  await using desk = await openDesk();
  const replicas = [await desk.replica(), await desk.replica()];
  await register(replicas[0] as Service, 'ada');
  const bits: string[] = [];
  for (let round = 0; round < 20; round += 1) {
    for (const app of replicas)
      bits.push(JSON.stringify(claimsOf((await signIn(app, 'ada')).access_token)['status']));
  }
  expect(new Set(bits).size).toBe(40);
  const indices = bits.map((bit) => (JSON.parse(bit) as { status_list: { idx: number } }).status_list.idx);
  expect(indices).not.toEqual(indices.toSorted((a, b) => a - b));
});

test('a full list is followed by another one in the same window', async () => {
  await using desk = await openDesk();
  const app = await desk.replica({ env: { STATUS_LIST_SIZE: '1024' } });
  const other = await desk.replica({ env: { STATUS_LIST_SIZE: '1024' } });
  await register(app, 'ada');
  // A block is as large as this list, so the first replica to issue takes all of it.
  const uris = [await signIn(app, 'ada'), await signIn(other, 'ada')].map(
    ({ access_token: token }) =>
      (claimsOf(token)['status'] as { status_list: { uri: string } }).status_list.uri,
  );
  expect(new Set(uris).size).toBe(2);
  const listed = (await other.inject('/auth/status-lists')).json<{ status_lists: string[] }>().status_lists;
  expect(listed).toEqual(expect.arrayContaining(uris));
});

test('a list is a status list token with its address, its end and its time to live (security 88, 97)', async () => {
  await using desk = await openDesk();
  const app = await desk.replica();
  const { status_lists: uris } = (await app.inject('/auth/status-lists')).json<{ status_lists: string[] }>();
  // This window's and the next one's, published before it is needed.
  expect(uris).toHaveLength(2);
  const [uri = ''] = uris;
  expect(uri.startsWith(`${AUTH}/status-lists/`)).toBe(true);
  const answer = await app.inject(new URL(uri).pathname);
  expect(answer.headers['content-type']).toBe('application/statuslist+jwt');
  expect(answer.headers['cache-control']).toBe('public, no-cache');
  expect(claimsOf(answer.body)).toMatchObject({ iss: ISSUER, sub: uri, ttl: 10, status_list: { bits: 1 } });
  const unchanged = await app.inject({
    url: new URL(uri).pathname,
    headers: { 'if-none-match': String(answer.headers['etag']) },
  });
  expect(unchanged.statusCode).toBe(304);
  expect((await app.inject('/auth/status-lists/1-0')).statusCode).toBe(404);
  expect((await app.inject('/auth/status-lists/..%2f..%2fetc')).statusCode).toBe(400);
});

test('lists of a window are forgotten when its last token has expired, and indices are never reused before (security 98, 99)', async () => {
  await using desk = await openDesk();
  let at = Date.parse('2026-01-01T00:00:00Z');
  const app = await desk.replica({ now: () => new Date(at), env: { ACCESS_TOKEN_SECONDS: '5' } });
  await register(app, 'ada');
  const first = claimsOf((await signIn(app, 'ada')).access_token);
  const { uri } = (first['status'] as { status_list: { uri: string } }).status_list;
  const isListed = async () =>
    (await app.inject('/auth/status-lists')).json<{ status_lists: string[] }>().status_lists.includes(uri);
  at = Number(first['exp']) * 1_000 - 1;
  expect(await isListed()).toBe(true);
  at += 5_001;
  expect(await isListed()).toBe(false);
});

test('revoking a client stops what it has for itself and what it obtained for others, and nothing else (security 104)', async () => {
  await using desk = await openDesk();
  const profile = await makeClient('profile');
  const operator = await makeClient('operator', {
    scopes: ['admin'],
    resources: [AUTH],
    own_resources: [],
    exchange: [],
  });
  const app = await desk.replica({ env: CLIENTS(profile, operator) });
  const room = await roomAt(await listen(app), { pollMs: 3_600_000, hints: true });
  await register(app, 'ada');
  const { access_token: card } = await signIn(app, 'ada');
  const derived = (await exchange(app, profile, card)).json<{ access_token: string }>().access_token;
  const own = await ownCard(app, profile, IMAGE);
  await vi.waitFor(
    () => expect([card, derived, own].map((token) => room(token).ok)).toEqual([true, true, true]),
    { interval: 5 },
  );

  const answer = await app.inject({
    method: 'DELETE',
    url: '/auth/admin/clients/profile/tokens',
    headers: bearer(await ownCard(app, operator, AUTH)),
  });
  expect(answer.statusCode).toBe(204);
  await vi.waitFor(() => expect([room(derived), room(own)]).toEqual([REFUSED, REFUSED]), { interval: 5 });
  expect(room(card).ok).toBe(true);
  // Revoked is what it had, not the client: what it gets from now on is good.
  const next = (await exchange(app, profile, card)).json<{ access_token: string }>().access_token;
  await vi.waitFor(() => expect(room(next).ok).toBe(true), { interval: 5 });
});

test('revoking a token stops what was derived from it (security 104)', async () => {
  await using desk = await openDesk();
  const profile = await makeClient('profile');
  const app = await desk.replica({ env: CLIENTS(profile) });
  const room = await roomAt(await listen(app), { pollMs: 3_600_000, hints: true });
  await register(app, 'ada');
  const { access_token: card } = await signIn(app, 'ada');
  const derived = (await exchange(app, profile, card)).json<{ access_token: string }>().access_token;
  await vi.waitFor(() => expect(room(derived).ok).toBe(true), { interval: 5 });
  expect((await postForm(app, '/auth/revoke', { token: card, client_id: 'app' })).statusCode).toBe(200);
  await vi.waitFor(() => expect([room(card), room(derived)]).toEqual([REFUSED, REFUSED]), { interval: 5 });
});

async function ownCard(app: Service, client: TestClient, resource: string): Promise<string> {
  const response = await postAs(app, client, '/auth/token', { grant_type: 'client_credentials', resource });
  return response.json<{ access_token: string }>().access_token;
}

test('a client that is disabled while it gets a token has none that lives (security 104, 153)', async () => {
  await using desk = await openDesk();
  const profile = await makeClient('profile');
  const [app, other] = await Promise.all([
    desk.replica({ env: CLIENTS(profile) }),
    desk.replica({ env: CLIENTS(profile) }),
  ]);
  const room = await roomAt(await listen(app), { pollMs: 3_600_000, hints: true });
  const operator = await makeClient('operator', {
    scopes: ['admin'],
    resources: [AUTH],
    own_resources: [],
    exchange: [],
  });
  const seat = await desk.replica({ env: CLIENTS(profile, operator) });
  const card = await ownCard(seat, operator, AUTH);
  const set = (disabled: boolean) =>
    seat.inject({
      method: 'PATCH',
      url: '/auth/admin/clients/profile',
      headers: bearer(card),
      payload: { disabled },
    });

  for (let round = 0; round < 10; round += 1) {
    const grants = [app, other, app, other].map((replica) =>
      postAs(replica, profile, '/auth/token', { grant_type: 'client_credentials', resource: IMAGE }),
    );
    const [disabled, ...answers] = await Promise.all([set(true), ...grants]);
    expect(disabled.statusCode).toBe(204);
    const given = answers.filter((answer) => answer.statusCode === 200);
    for (const answer of given) {
      const { access_token: token } = answer.json<{ access_token: string }>();
      await vi.waitFor(() => expect(room(token)).toEqual(REFUSED), { interval: 5, timeout: 5_000 });
    }
    expect((await set(false)).statusCode).toBe(204);
  }
});

test('a replica that has not seen its database says so, and not that there are no lists (security 95)', async () => {
  await using desk = await openDesk();
  const app = await desk.replica({
    wrapStores: (stores) => ({
      ...stores,
      statusLists: {
        ...stores.statusLists,
        live: () => Promise.reject(new Error('away')),
        add: () => Promise.reject(new Error('away')),
      },
    }),
  });
  const answer = await app.inject('/auth/status-lists');
  expect(answer.statusCode).toBe(503);
  expect(answer.headers['retry-after']).toBe('1');
});
