import { closedPort, openSilentServer } from '@roomkey/test-kit';
import { expect, test } from 'vitest';
import { callService, IncomingCall, type ServiceToken } from '../src/index.ts';
import { bearerOf, openDesk, openRoom, TARGET } from './desk.ts';

const TRACEPARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

test('a refused token is replaced by a new one and the call sent once more, with its body', async () => {
  await using desk = await openDesk();
  let refusals = 1;
  await using room = await openRoom(() => ({ status: refusals-- > 0 ? 401 : 200, body: { done: true } }));
  const token = desk.tokens.exchange({ ...TARGET, subjectToken: 'of-mia' });
  const answer = await callService(room.origin, { method: 'PUT', body: 'text' }, { token });

  expect(answer).toMatchObject({ ok: true, status: 200 });
  expect(room.received.map(({ body }) => body.toString())).toEqual(['text', 'text']);
  expect(new Set(room.received.map(bearerOf)).size).toBe(2);
  await callService(room.origin, {}, { token });
  expect(desk.received).toHaveLength(2);
});

test('a room that refuses the new token too is believed: there is no third try', async () => {
  await using desk = await openDesk();
  await using room = await openRoom(() => ({ status: 401 }));
  const answer = await callService(room.origin, {}, { token: desk.tokens.clientCredentials(TARGET) });
  expect(answer).toMatchObject({ ok: true, status: 401 });
  expect(room.received).toHaveLength(2);
});

test.each([400, 403, 404, 429, 500, 503])('a %i is an answer, and not repeated', async (status) => {
  await using desk = await openDesk();
  await using room = await openRoom(() => ({ status }));
  const answer = await callService(room.origin, {}, { token: desk.tokens.clientCredentials(TARGET) });
  expect(answer).toMatchObject({ ok: true, status });
  expect(room.received).toHaveLength(1);
});

test('the deadline of the request, its id and its trace go on with the call', async () => {
  await using desk = await openDesk();
  await using room = await openRoom();
  const token = desk.tokens.clientCredentials(TARGET);
  const headers = { traceparent: TRACEPARENT, tracestate: 'a=1', 'request-timeout-ms': '1500', cookie: 'c' };
  await callService(room.origin, {}, { token, onBehalfOf: new IncomingCall({ id: 'id-1', headers }) });

  const [sent] = room.received;
  expect(sent?.headers).toMatchObject({
    traceparent: TRACEPARENT,
    tracestate: 'a=1',
    'x-request-id': 'id-1',
  });
  expect(sent?.headers).not.toHaveProperty('cookie');
  const leftMs = Number(sent?.headers['request-timeout-ms']);
  expect(leftMs).toBeGreaterThan(0);
  expect(leftMs).toBeLessThanOrEqual(1_500);
});

test('a caller may ask for less time, never for more, and a trace that is none is not passed on', async () => {
  await using desk = await openDesk();
  await using room = await openRoom();
  const token = desk.tokens.clientCredentials(TARGET);
  const bad = [
    `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`,
    `ff${TRACEPARENT.slice(2)}`,
    `${TRACEPARENT}-more`,
    'x',
  ];
  for (const traceparent of bad) {
    const headers = { traceparent, tracestate: 'a=1', 'request-timeout-ms': '999999999' };
    await callService(room.origin, {}, { token, onBehalfOf: new IncomingCall({ id: 'i', headers }, 400) });
  }
  for (const { headers } of room.received) {
    expect(Number(headers['request-timeout-ms'])).toBeLessThanOrEqual(400);
    expect(headers).not.toHaveProperty('traceparent');
    expect(headers).not.toHaveProperty('tracestate');
  }
  const spent = new IncomingCall({ id: 'i', headers: { 'request-timeout-ms': '0' } });
  expect(await callService(room.origin, {}, { token, onBehalfOf: spent })).toMatchObject({
    kind: 'too-late',
  });
  expect(room.received).toHaveLength(bad.length);
});

test('a room that says nothing is too late, one that is not there unreachable, a flood too large, a redirect not followed', async () => {
  await using desk = await openDesk();
  await using silent = await openSilentServer();
  await using elsewhere = await openRoom();
  await using redirecting = await openRoom(() => ({ status: 302, headers: { location: elsewhere.origin } }));
  await using flood = await openRoom(() => ({ body: Buffer.alloc(1_001) }));
  const token = desk.tokens.clientCredentials(TARGET);
  const call = (origin: string) => callService(origin, {}, { token, timeoutMs: 200, maxBytes: 1_000 });

  expect(await call(`http://127.0.0.1:${silent.port}`)).toMatchObject({ ok: false, kind: 'too-late' });
  expect(await call(`http://127.0.0.1:${await closedPort()}`)).toMatchObject({ kind: 'unreachable' });
  expect(await call(redirecting.origin)).toMatchObject({ ok: false, kind: 'unreachable' });
  expect(await call(flood.origin)).toMatchObject({ ok: false, kind: 'too-large' });
  expect(elsewhere.received).toHaveLength(0);
});

test("nobody's own credentials can be sent on: not as a header, not in place of a token (security 107)", async () => {
  await using desk = await openDesk();
  await using room = await openRoom();
  const token = desk.tokens.clientCredentials(TARGET);
  for (const name of ['Authorization', 'authorization', 'Cookie', 'Proxy-Authorization'])
    await expect(callService(room.origin, { headers: { [name]: 'x' } }, { token })).rejects.toThrow(
      TypeError,
    );
  for (const forged of ['of-mia', { ...token }, { ...TARGET }])
    await expect(callService(room.origin, {}, { token: forged as ServiceToken })).rejects.toThrow(TypeError);
  expect(room.received).toHaveLength(0);
});

test('the token of a request is found for the exchange, and shown by no log', () => {
  const call = new IncomingCall({ id: 'i', headers: { authorization: 'Bearer of-mia' } });
  expect(call.subjectToken).toBe('of-mia');
  expect(JSON.stringify(call)).not.toContain('of-mia');
  expect(() => new IncomingCall({ id: 'i', headers: {} }).subjectToken).toThrow(TypeError);
});
