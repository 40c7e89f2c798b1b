import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify';
import metrics from 'fastify-metrics';
import { expect, test } from 'vitest';
import { bearerAuth } from '../src/fastify.ts';
import { createKey, openDesk, PATHS, type Desk } from './desk.ts';
import { openView, type OpenedView } from './view.ts';

interface Room extends AsyncDisposable {
  readonly app: FastifyInstance;
  readonly desk: Desk;
  readonly opened: OpenedView;
  /** How often a protected handler was reached. */
  readonly reached: () => number;
  goodToken(): string;
}

interface RoomOptions {
  readonly serverTiming?: boolean;
  readonly withMetrics?: boolean;
  /** The issuer is not to be had. */
  readonly isIssuerAway?: boolean;
  readonly server?: FastifyServerOptions;
  readonly view?: Parameters<typeof openView>[1];
}

/** The plugin on a bare Fastify, with its own error handler, on a port. */
async function openRoom({
  serverTiming,
  withMetrics,
  isIssuerAway,
  server = {},
  view = {},
}: RoomOptions = {}): Promise<Room> {
  const desk = await openDesk();
  if (isIssuerAway) desk.answers.set(PATHS.jwks, (response) => response.writeHead(500).end());
  const opened = await openView(desk, { listsToo: false, ...view });
  const app = fastify({ ...server });
  let reached = 0;
  if (withMetrics) await app.register(metrics.default, { clearRegisterOnInit: true, endpoint: null });
  await app.register(bearerAuth, {
    verifier: opened.verifier,
    ...(serverTiming !== undefined && { serverTiming }),
  });
  app.get('/room', { config: { scope: 'room:read' } }, (request) => {
    reached += 1;
    return { guest: request.principal.subject };
  });
  app.post('/room', { config: { scope: 'room:write' } }, () => {
    reached += 1;
    return {};
  });
  app.get('/lobby', { config: { scope: 'room:read', anonymous: true } }, (request) => ({
    principal: request.principal?.subject ?? null,
  }));
  app.get('/prices', { config: { public: true } }, (request) => ({ principal: request.principal }));
  await app.listen({ host: '127.0.0.1', port: 0 });
  return {
    app,
    desk,
    opened,
    reached: () => reached,
    goodToken: () => desk.token({ scope: 'room:read' }),
    async [Symbol.asyncDispose]() {
      await app.close();
      opened[Symbol.dispose]();
      await desk[Symbol.asyncDispose]();
    },
  };
}

/** Sends bytes as they are and gives back what comes. */
async function sendRaw(app: FastifyInstance, ...lines: readonly string[]): Promise<string> {
  const { port } = app.server.address() as AddressInfo;
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  // Who is turned away in the middle of a sentence may find the connection reset before the answer could be read.
  return text(socket).catch(() => '');
}

const raw = (app: FastifyInstance, ...headers: readonly string[]) =>
  sendRaw(app, 'GET /room HTTP/1.1', 'Host: room', 'Connection: close', ...headers);

test.each<[string, object]>([
  ['neither', {}],
  ['both', { scope: 'room:read', public: true }],
  ['that it is public and is not', { public: false }],
  ['public as a text', { public: 'true' }],
  ['an empty scope', { scope: '' }],
  ['several scopes', { scope: 'room:read room:write' }],
  ['a scope that would end a quoted text', { scope: 'room", error="' }],
  ['a scope that would begin another header', { scope: 'room\r\nSet-Cookie:x' }],
  ['a scope that is no text', { scope: ['room:read'] }],
  ['that strangers may come, and nothing else', { anonymous: true }],
  ['that strangers may come to what is public', { public: true, anonymous: true }],
  ['half that strangers may come', { scope: 'room:read', anonymous: 'maybe' }],
])('a route that says %s cannot be registered (security 30, 48)', async (_name, config) => {
  await using desk = await openDesk();
  using opened = await openView(desk, { listsToo: false });
  await using app = fastify();
  await app.register(bearerAuth, { verifier: opened.verifier });
  expect(() => app.get('/x', { config }, () => 'x')).toThrow(
    '/x must say either config.scope or config.public',
  );
  expect(() => app.get('/y', () => 'y')).toThrow('/y must say either');
  const inner = app.register(async (child) => {
    child.get('/z', () => 'z');
  });
  await expect(inner).rejects.toThrow('/z must say either');
});

test('HEAD asks for a token as GET does (security 51)', async () => {
  await using room = await openRoom();
  const head = (authorization?: string) =>
    room.app.inject({
      method: 'HEAD',
      url: '/room',
      headers: authorization === undefined ? {} : { authorization },
    });
  expect((await head()).statusCode).toBe(401);
  expect((await head('Bearer x')).statusCode).toBe(401);
  expect(room.reached()).toBe(0);
  expect((await head(`Bearer ${room.goodToken()}`)).statusCode).toBe(200);
});

test('a public route asks for none and has no principal, whatever is sent', async () => {
  await using room = await openRoom();
  for (const headers of [
    {},
    { authorization: 'Bearer x' },
    { authorization: `Bearer ${room.goodToken()}` },
  ]) {
    const answer = await room.app.inject({ url: '/prices', headers });
    expect({ status: answer.statusCode, body: answer.json<unknown>() }).toEqual({
      status: 200,
      body: { principal: null },
    });
  }
});

test('where strangers may come, a token that comes is judged as ever (security 46, 47)', async () => {
  await using room = await openRoom();
  const send = async (headers: Record<string, string | string[]>) => {
    const { statusCode, body } = await room.app.inject({ url: '/lobby', headers });
    return statusCode === 200 ? body : statusCode;
  };
  const authorization = `Bearer ${room.goodToken()}`;
  expect(await send({})).toBe('{"principal":null}');
  expect(await send({ authorization: 'Basic eDp5' })).toBe('{"principal":null}');
  expect(await send({ authorization })).toBe('{"principal":"guest-1"}');
  expect(await send({ authorization: 'Bearer x' })).toBe(401);
  expect(await send({ authorization: `Bearer ${room.desk.token({}, {}, createKey())}` })).toBe(401);
  expect(await send({ authorization: `Bearer ${room.desk.token({ scope: 'other' })}` })).toBe(403);
  expect(await send({ authorization: 'Bearer' })).toBe(400);
  expect(await send({ authorization: [authorization, authorization] })).toBe(400);
});

test('a path that is not there is not there', async () => {
  await using room = await openRoom();
  for (const headers of [{}, { authorization: 'Bearer x' }])
    expect((await room.app.inject({ url: '/nowhere', headers })).statusCode).toBe(404);
});

test('two Authorization headers are a bad request, whatever they hold (security 47)', async () => {
  await using room = await openRoom();
  const good = `Authorization: Bearer ${room.goodToken()}`;
  expect(await raw(room.app, good)).toMatch(/^HTTP\/1\.1 200 /);
  for (const headers of [
    [good, good],
    [good, 'authorization: Bearer x'],
    ['AUTHORIZATION: Basic eDp5', good],
    [good, 'Authorization:'],
    ['Authorization:', good],
  ]) {
    const answer = await raw(room.app, ...headers);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer.toLowerCase()).toContain('www-authenticate: bearer error="invalid_request"\r\n');
  }
});

test('no way to write the path or the method goes around the check (security 51)', async () => {
  await using room = await openRoom();
  for (const target of [
    '/room',
    '//room',
    '/./room',
    '/x/../room',
    '/%72oom',
    '/ROOM',
    '/room/',
    '/room;x',
    '/room?access_token=x',
    '/room%2f',
    '/room#',
    'http://room/room',
    'http://other/room',
    '*',
    'room',
  ])
    for (const method of ['GET', 'HEAD', 'POST', 'OPTIONS', 'TRACE', 'PUT', 'get'])
      await sendRaw(
        room.app,
        `${method} ${target} HTTP/1.1`,
        'Host: room',
        'Connection: close',
        'X-HTTP-Method-Override: GET',
        'X-Original-URL: /prices',
        'X-Rewrite-URL: /prices',
        'Content-Length: 0',
      );
  expect(room.reached()).toBe(0);
});

test('8 MB of token are turned away, and the next request is served (security 27)', async () => {
  await using room = await openRoom();
  const answer = await raw(room.app, `Authorization: Bearer ${'x'.repeat(8 * 1024 * 1024)}`);
  expect(answer).toMatch(/^(HTTP\/1\.1 431 |$)/);
  const large = await room.app.inject({
    url: '/room',
    headers: { authorization: `Bearer ${'x'.repeat(12_000)}` },
  });
  expect(large.statusCode).toBe(401);
  expect(await raw(room.app, `Authorization: Bearer ${room.goodToken()}`)).toMatch(/^HTTP\/1\.1 200 /);
});

test('a body is not read before the token is judged (security 52)', async () => {
  await using room = await openRoom();
  const answer = await room.app.inject({
    method: 'POST',
    url: '/room',
    headers: { 'content-type': 'application/json' },
    body: '{ this is not JSON',
  });
  expect(answer.statusCode).toBe(401);
});

test("Fastify's own error handler answers a refusal well (security 33, 45, 46, 49)", async () => {
  await using room = await openRoom();
  const { app, desk } = room;
  const answers = new Map<string, object>();
  for (const [name, authorization] of Object.entries({
    none: undefined,
    'another scheme': 'Basic eDp5',
    malformed: 'Bearer',
    forged: `Bearer ${desk.token({}, {}, createKey())}`,
    garbage: 'Bearer x',
    scopeless: `Bearer ${desk.token()}`,
  })) {
    const answer = await app.inject({
      url: '/room',
      headers: authorization === undefined ? {} : { authorization },
    });
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(answer.headers['cache-control']).toBe('no-store');
    answers.set(name, { challenge: answer.headers['www-authenticate'], ...answer.json<object>() });
  }
  const none = {
    challenge: 'Bearer',
    statusCode: 401,
    error: 'Unauthorized',
    message: 'Send an access token: Authorization: Bearer …',
  };
  const invalid = {
    challenge: 'Bearer error="invalid_token"',
    statusCode: 401,
    error: 'Unauthorized',
    message: 'Your access token is not valid here, or no longer.',
  };
  expect(Object.fromEntries(answers)).toEqual({
    none,
    'another scheme': none,
    malformed: {
      challenge: 'Bearer error="invalid_request"',
      statusCode: 400,
      error: 'Bad Request',
      message: 'Send exactly one Authorization header of the form: Bearer <token>',
    },
    forged: invalid,
    garbage: invalid,
    scopeless: {
      challenge: 'Bearer error="insufficient_scope", scope="room:read"',
      statusCode: 403,
      error: 'Forbidden',
      message: 'This needs the scope room:read, which your access token does not have.',
    },
  });
});

test('a view too old to judge by is 503, comes back later, and blames no token (security 95)', async () => {
  const clock = { nowMs: Date.now() };
  await using room = await openRoom({ view: { now: () => clock.nowMs, maxAgeSeconds: 60 } });
  const { app, desk, opened } = room;
  const authorization = `Bearer ${room.goodToken()}`;
  const send = () => app.inject({ url: '/room', headers: { authorization } });
  expect((await send()).statusCode).toBe(200);
  desk.answers.set(PATHS.jwks, (response) => response.writeHead(500).end());
  clock.nowMs += 61_000;
  await opened.view.refresh();
  const stale = await send();
  expect(stale.statusCode).toBe(503);
  expect(stale.headers['retry-after']).toBe('1');
  expect(stale.headers['cache-control']).toBe('no-store');
  expect(stale.headers['www-authenticate']).toBeUndefined();
  expect(stale.json()).toEqual({
    statusCode: 503,
    error: 'Service Unavailable',
    message: 'The service cannot judge tokens right now.',
  });
  desk.answers.clear();
  await opened.view.refresh();
  expect((await send()).statusCode).toBe(200);
});

test('a revoked token is 401 like any other that is not valid (security 46, 84)', async () => {
  await using room = await openRoom({ view: { listsToo: true } });
  const { app, desk, opened } = room;
  const list = desk.addList('1');
  await opened.view.refresh();
  const authorization = `Bearer ${desk.token({ scope: 'room:read', status: list.status(3) })}`;
  const send = () => app.inject({ url: '/room', headers: { authorization } });
  expect((await send()).statusCode).toBe(200);
  list.revoke(3);
  await opened.view.refresh();
  const revoked = await send();
  expect(revoked.statusCode).toBe(401);
  const garbage = await app.inject({ url: '/room', headers: { authorization: 'Bearer x' } });
  expect(revoked.body).toBe(garbage.body);
  expect(revoked.headers['www-authenticate']).toBe(garbage.headers['www-authenticate']);
});

test('Server-Timing tells how long the check took, only where it is asked for', async () => {
  await using timed = await openRoom({ serverTiming: true });
  const authorization = `Bearer ${timed.goodToken()}`;
  const timing = async (headers: Record<string, string>) =>
    (await timed.app.inject({ url: '/room', headers })).headers['server-timing'];
  expect(await timing({ authorization })).toMatch(/^verify;dur=\d+\.\d{3};desc="new"$/);
  expect(await timing({ authorization })).toMatch(/^verify;dur=\d+\.\d{3};desc="known"$/);
  expect(await timing({ authorization: 'Bearer x' })).toMatch(/^verify;dur=\d+\.\d{3};desc="new"$/);
  expect(await timing({})).toBeUndefined();

  await using untimed = await openRoom();
  const answer = await untimed.app.inject({
    url: '/room',
    headers: { authorization: `Bearer ${untimed.goodToken()}` },
  });
  expect(answer.headers['server-timing']).toBeUndefined();
});

test('nothing of a token is in an answer or in a log (security 48, 72)', async () => {
  const lines: string[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString());
      done();
    },
  });
  await using room = await openRoom({ server: { logger: { level: 'trace', stream } } });
  const evil = 'x"\u0007<script>';
  const tokens = [
    room.goodToken(),
    room.desk.token({ sub: evil, iss: evil, scope: evil }, { kid: evil, typ: evil, alg: evil }),
    room.desk.token({ scope: evil }),
    'evil-token',
  ];
  for (const token of tokens) {
    const answer = await room.app.inject({ url: '/room', headers: { authorization: `Bearer ${token}` } });
    const said = `${JSON.stringify(answer.headers)}${answer.body}`;
    for (const part of [...token.split('.'), 'script']) expect(said).not.toContain(part);
  }
  const log = lines.join('');
  expect(log).toContain('"reason":"malformed"');
  for (const token of tokens)
    for (const part of [...token.split('.'), 'script']) expect(log).not.toContain(part);
});

test('the metrics of the service show the verifier (security 95)', async () => {
  await using room = await openRoom({ withMetrics: true });
  const { app } = room;
  const authorization = `Bearer ${room.goodToken()}`;
  for (const sent of [authorization, authorization, authorization, 'Bearer x', 'Bearer y'])
    await app.inject({ url: '/room', headers: { authorization: sent } });
  const { client } = app.metrics;
  const shown = await client.register.metrics();
  expect(shown).toContain('\nroomkey_verifier_accepted_total 3\n');
  expect(shown).toContain('\nroomkey_verifier_cache_hits_total 2\n');
  expect(shown).toContain('\nroomkey_verifier_refused_total{reason="malformed"} 2\n');
  expect(shown).toContain('\nroomkey_verifier_cached_tokens 1\n');
  expect(shown).toContain('# TYPE roomkey_verifier_refused_total counter\n');
  const age = /\nroomkey_verifier_view_age_seconds\{issuer="http:\/\/desk\.test"\} ([\d.]+)\n/.exec(
    shown,
  )?.[1];
  expect(Number(age)).toBeLessThan(60);

  // Read again, nothing is counted twice.
  expect(await client.register.metrics()).toContain('\nroomkey_verifier_accepted_total 3\n');
});

test('the metrics show an issuer that was never seen as endlessly old (security 95)', async () => {
  await using room = await openRoom({ withMetrics: true, isIssuerAway: true });
  const authorization = `Bearer ${room.goodToken()}`;
  expect((await room.app.inject({ url: '/room', headers: { authorization } })).statusCode).toBe(503);
  const shown = await room.app.metrics.client.register.metrics();
  expect(shown).toContain('\nroomkey_verifier_view_age_seconds{issuer="http://desk.test"} +Inf\n');
  expect(shown).toContain('\nroomkey_verifier_refused_total{reason="stale-view"} 1\n');
});

test('two services in one process do not stand in the way of each other', async () => {
  const [one, other] = await Promise.all([openRoom({ withMetrics: true }), openRoom({ withMetrics: true })]);
  await using first = one;
  await using second = other;
  for (const { app } of [first, second]) expect((await app.inject('/room')).statusCode).toBe(401);
});
