import { closedPort, openSilentServer } from '@roomkey/test-kit';
import { expect, test } from 'vitest';
import { callService, createTokenClient, generateClientKey } from '../src/index.ts';
import { ISSUER, openDesk, openRoom, TARGET, tokenAnswer } from './desk.ts';

const refusal = (error: string, status = 400) => ({ status, body: { error, error_description: 'Why.' } });

test('a refusal of the desk is told as what it is, and is asked for again by the next call (security 100)', async () => {
  const answers = [refusal('invalid_grant'), refusal('invalid_client', 401), tokenAnswer()];
  await using desk = await openDesk(() => answers.shift());
  await using room = await openRoom();
  const token = desk.tokens.exchange({ ...TARGET, subjectToken: 'of-mia' });

  expect(await callService(room.origin, {}, { token })).toEqual({
    ok: false,
    kind: 'refused',
    error: 'invalid_grant',
    description: 'Why.',
  });
  expect(await callService(room.origin, {}, { token })).toMatchObject({ error: 'invalid_client' });
  expect(room.received).toHaveLength(0);
  expect((await callService(room.origin, {}, { token })).ok).toBe(true);
});

test('a desk that is too busy says when to come again', async () => {
  const busy = { ...refusal('slow_down', 429), headers: { 'retry-after': '7' } };
  await using desk = await openDesk(() => busy);
  const token = desk.tokens.clientCredentials(TARGET);
  expect(await callService('http://127.0.0.1:1/', {}, { token })).toMatchObject({
    kind: 'desk-away',
    retryAfterSeconds: 7,
  });
});

test.each([
  ['no access token', { body: { token_type: 'Bearer', expires_in: 300 } }],
  ['another type of token', tokenAnswer({ token_type: 'DPoP' })],
  ['no lifetime', tokenAnswer({ expires_in: undefined })],
  ['a lifetime that is none', tokenAnswer({ expires_in: 'soon' })],
  ['another issued type', tokenAnswer({ issued_token_type: 'urn:ietf:params:oauth:token-type:id_token' })],
  ['no issued type', tokenAnswer({ issued_token_type: undefined })],
  ['no JSON', { body: 'hello', headers: { 'content-type': 'application/json' } }],
  ['a page', { body: '<html>', headers: { 'content-type': 'text/html' } }],
  ['nothing', undefined],
  ['a fault', { status: 500, body: { error: 'server_error' } }],
  ['a redirect', { status: 307, headers: { location: 'http://127.0.0.1:1/' } }],
  ['more than anybody holds', { body: Buffer.alloc(70_000, 0x20) }],
])('a desk that answers with %s is away (security 101)', async (_what, answer) => {
  await using desk = await openDesk(() => answer);
  await using room = await openRoom();
  const token = desk.tokens.exchange({ ...TARGET, subjectToken: 'of-mia' });
  expect(await callService(room.origin, {}, { token })).toMatchObject({ ok: false, kind: 'desk-away' });
  expect(room.received).toHaveLength(0);
});

test('a desk that cannot be reached or says nothing is away, in bounded time', async () => {
  await using silent = await openSilentServer();
  const settings = { issuer: ISSUER, clientId: 'profile', privateKey: generateClientKey(), timeoutMs: 150 };
  for (const port of [await closedPort(), silent.port]) {
    const tokens = createTokenClient({ ...settings, tokenUrl: `http://127.0.0.1:${port}/` });
    const token = tokens.clientCredentials(TARGET);
    expect(await callService('http://127.0.0.1:1/', {}, { token })).toMatchObject({ kind: 'desk-away' });
  }
});

test('who cannot wait for the desk leaves, and the token is there for the next', async () => {
  const gate = Promise.withResolvers<void>();
  await using desk = await openDesk(async () => {
    await gate.promise;
    return tokenAnswer();
  });
  await using room = await openRoom();
  const token = desk.tokens.clientCredentials(TARGET);
  expect(await callService(room.origin, {}, { token, timeoutMs: 50 })).toMatchObject({ kind: 'too-late' });
  gate.resolve();
  expect((await callService(room.origin, {}, { token })).ok).toBe(true);
  expect(desk.received).toHaveLength(1);
});
