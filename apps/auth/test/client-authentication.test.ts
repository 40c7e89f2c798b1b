import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { performance } from 'node:perf_hooks';
import type { Service } from '@roomkey/service';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { assertion, ASSERTION_TYPE, CLIENTS, makeClient, postAs, type TestClient } from './clients.ts';
import { claimsOf, IMAGE, ISSUER, openDesk, postForm, type Desk } from './desk.ts';

let desk: Desk;
let one: Service;
let two: Service;
let client: TestClient;
let other: TestClient;

beforeAll(async () => {
  desk = await openDesk();
  [client, other] = [await makeClient('profile'), await makeClient('other')];
  const env = CLIENTS(client, other);
  [one, two] = await Promise.all([desk.replica({ env }), desk.replica({ env })]);
});
afterAll(() => desk[Symbol.asyncDispose]());

const GRANT = { grant_type: 'client_credentials', resource: IMAGE, scope: 'image:read' };
const send = (form: Record<string, string>, app = one) => postForm(app, '/auth/token', { ...GRANT, ...form });
const present = (text: string, app = one) =>
  send({ client_assertion_type: ASSERTION_TYPE, client_assertion: text }, app);

const inSeconds = (seconds: number): number => Math.floor(Date.now() / 1_000) + seconds;

test('a token for a client has the shape of RFC 9068, is for one service, and lives five minutes (security 67, 68, 70)', async () => {
  const response = await present(await assertion(client));
  expect([response.statusCode, response.headers['cache-control']]).toEqual([200, 'no-store']);
  const answer = response.json<{
    access_token: string;
    token_type: string;
    expires_in: number;
    scope: string;
  }>();
  expect(answer).toMatchObject({ token_type: 'Bearer', expires_in: 300, scope: 'image:read' });
  const claims = claimsOf(answer.access_token);
  expect(claims).toMatchObject({
    iss: ISSUER,
    sub: 'profile',
    client_id: 'profile',
    aud: IMAGE,
    scope: 'image:read',
  });
  expect(Number(claims['exp']) - Number(claims['iat'])).toBe(300);
  expect(claims).toHaveProperty('jti');
  expect(claims).not.toHaveProperty('sid');
});

const HALVES: readonly [string, Record<string, unknown>, Record<string, unknown>][] = [
  ['is for the token endpoint instead of the issuer', { aud: `${ISSUER}/auth/token` }, {}],
  ['is for several, the issuer among them', { aud: [ISSUER, 'https://elsewhere.test'] }, {}],
  ['is for the issuer in a list', { aud: [ISSUER] }, {}],
  ['is for the issuer with a slash', { aud: `${ISSUER}/` }, {}],
  ['is for nobody', { aud: undefined }, {}],
  ['has expired', { exp: inSeconds(-1) }, {}],
  ['lives for hours', { exp: inSeconds(7_200) }, {}],
  ['never expires', { exp: undefined }, {}],
  ['expires in text', { exp: String(inSeconds(60)) }, {}],
  ['is from the future', { iat: inSeconds(3_600) }, {}],
  ['is not yet valid', { nbf: inSeconds(3_600) }, {}],
  ['has no jti', { jti: undefined }, {}],
  ['has an empty jti', { jti: '' }, {}],
  ['has a jti that is a number', { jti: 7 }, {}],
  ['has a jti no database can hold', { jti: 'a\0b' }, {}],
  ['has a very long jti', { jti: 'a'.repeat(300) }, {}],
  ['is from another issuer', { iss: 'other' }, {}],
  ['is about another client', { sub: 'other' }, {}],
  ['claims another client altogether', { iss: 'other', sub: 'other' }, {}],
  ['claims a client nobody knows', { iss: 'nobody', sub: 'nobody' }, {}],
  ['claims a user', { iss: randomUUID(), sub: randomUUID() }, {}],
  ['names an unknown key', {}, { kid: 'unknown' }],
  ['is typed as an access token', {}, { typ: 'at+jwt' }],
  ['is typed as a logout token', {}, { typ: 'logout+jwt' }],
  ['brings its own key', {}, { jwk: { kty: 'EC' } }],
  ['names where its key is', {}, { jku: 'https://evil.test' }],
];

test.each(HALVES)(
  'an assertion that %s is refused with invalid_client, like all of them (security 60, 61, 62, 64, 66)',
  async (_what, claims, header) => {
    const response = await present(await assertion(client, claims, header));
    expect([response.statusCode, response.json()]).toEqual([
      401,
      { error: 'invalid_client', error_description: 'The client is unknown, or did not prove who it is.' },
    ]);
  },
);

test('an assertion that is tampered with, unsigned, or no JWS at all is refused (security 60, 64)', async () => {
  const good = await assertion(client);
  const [header = '', payload = '', signature = ''] = good.split('.');
  const unsigned = Buffer.from('{"alg":"none"}').toString('base64url');
  const texts = [
    `${header}.${payload}.${signature.slice(0, -4)}AAAA`,
    `${unsigned}.${payload}.`,
    `${unsigned}.${payload}.AA`,
    `${header}.${payload}`,
    `${good}=`,
    `${good}.x.y`,
    '{}',
    'a'.repeat(20_000),
  ];
  for (const text of texts) expect((await present(text)).statusCode).toBe(401);
});

test('a key with another algorithm than the registered one does not authenticate (security 60)', async () => {
  const rsa = await makeClient('profile', {}, 'RS256');
  const response = await present(await assertion(rsa, {}, { alg: 'RS256', kid: client.kid }));
  expect(response.statusCode).toBe(401);
});

test.each(['Ed25519', 'RS256', 'PS256'])('a client may be registered with %s', async (algorithm) => {
  const named = await makeClient(`client-${algorithm}`, {}, algorithm);
  const app = await desk.replica({ env: CLIENTS(named) });
  expect((await present(await assertion(named, {}, { alg: algorithm }), app)).statusCode).toBe(200);
});

test('of eight uses of one assertion at once, on two replicas, one works (security 63, 121)', async () => {
  const text = await assertion(client);
  const responses = await Promise.all(
    Array.from({ length: 8 }, (_, turn) => present(text, turn % 2 ? one : two)),
  );
  expect(responses.filter((response) => response.statusCode === 200)).toHaveLength(1);
  expect((await present(text)).statusCode).toBe(401);
});

test('two clients may use the same jti', async () => {
  const jti = randomUUID();
  expect((await present(await assertion(client, { jti }))).statusCode).toBe(200);
  expect((await present(await assertion(other, { jti }))).statusCode).toBe(200);
});

test('a client nobody knows is refused in like time as one that cannot prove who it is (security 66)', async () => {
  const time = async (claims: Readonly<Record<string, unknown>>): Promise<number> => {
    const text = `${(await assertion(client, claims)).slice(0, -8)}AAAAAAAA`;
    const start = performance.now();
    await present(text);
    return performance.now() - start;
  };
  const known: number[] = [];
  const unknown: number[] = [];
  // Interleaved, so that whatever else the machine does falls on both.
  for (let round = 0; round < 60; round += 1) {
    known.push(await time({}));
    unknown.push(await time({ iss: 'nobody', sub: 'nobody' }));
  }
  const median = (values: number[]): number => values.toSorted((a, b) => a - b)[values.length / 2] ?? 0;
  const ratio = median(unknown) / median(known);
  expect(ratio).toBeGreaterThan(0.5);
  expect(ratio).toBeLessThan(2);
});

test('two ways of authentication in one request are refused (security 65)', async () => {
  const text = await assertion(client);
  const form = { client_assertion_type: ASSERTION_TYPE, client_assertion: text };
  expect((await send({ ...form, client_secret: 'x' })).json()).toMatchObject({ error: 'invalid_request' });
  const basic = await one.inject({
    method: 'POST',
    url: '/auth/token',
    headers: { 'content-type': 'application/x-www-form-urlencoded', authorization: 'Basic cHJvZmlsZTp4' },
    payload: new URLSearchParams({ ...GRANT, ...form }).toString(),
  });
  expect(basic.json()).toMatchObject({ error: 'invalid_request' });
  expect((await send({ ...form, client_id: 'other' })).json()).toMatchObject({ error: 'invalid_client' });
});

test('a confidential client cannot merely name itself, and a public one has no token of its own (security 59, 66)', async () => {
  expect((await send({ client_id: 'profile' })).json()).toMatchObject({ error: 'invalid_client' });
  expect((await send({ client_id: 'app' })).json()).toMatchObject({ error: 'unauthorized_client' });
});

test('a client gets its own scopes and services, and no others (security 59, 68, 69)', async () => {
  const ask = (form: Record<string, string>) => postAs(one, client, '/auth/token', { ...GRANT, ...form });
  expect((await ask({ scope: 'image:write' })).json()).toMatchObject({ error: 'invalid_scope' });
  expect((await ask({ scope: 'image:read nonsense' })).json()).toMatchObject({ error: 'invalid_scope' });
  expect((await ask({ scope: 'admin' })).json()).toMatchObject({ error: 'invalid_scope' });
  expect((await ask({ resource: `${ISSUER}/auth` })).json()).toMatchObject({ error: 'invalid_target' });
  expect((await ask({ resource: 'https://elsewhere.test' })).json()).toMatchObject({
    error: 'invalid_target',
  });
  const plain = await postAs(one, client, '/auth/token', { grant_type: 'client_credentials' });
  expect(plain.json()).toMatchObject({ scope: 'image:read profile:read' });
});

test('a grant type that a client is not registered for is refused, and so are the abandoned ones (security 58, 59)', async () => {
  const limited = await makeClient('limited', { grants: [] });
  const app = await desk.replica({ env: CLIENTS(limited) });
  const ask = (grant_type: string) => postAs(app, limited, '/auth/token', { grant_type });
  expect((await ask('client_credentials')).json()).toMatchObject({ error: 'unauthorized_client' });
  for (const name of ['password', 'implicit', 'authorization_code', 'constructor', '__proto__'])
    expect((await ask(name)).json()).toMatchObject({ error: 'unsupported_grant_type' });
});

test("a client's keys can be fetched from its registered address, and a key that is new there is found", async () => {
  const [first, second] = [await makeClient('remote'), await makeClient('remote')];
  let jwks = first.definition['jwks'];
  const server = createServer((_request, response) => response.end(JSON.stringify(jwks)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const { jwks: _jwks, ...definition } = first.definition;
    const jwks_uri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`;
    const remote = { ...first, definition: { ...definition, jwks_uri } };
    const app = await desk.replica({ env: CLIENTS(remote) });
    expect((await present(await assertion(first), app)).statusCode).toBe(200);
    jwks = second.definition['jwks'];
    await expect
      .poll(async () => (await present(await assertion(second), app)).statusCode, {
        timeout: 10_000,
        interval: 500,
      })
      .toBe(200);
    expect((await present(await assertion(first), app)).statusCode).toBe(401);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
