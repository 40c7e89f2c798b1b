import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { Type } from '@roomkey/schema';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createService, Problem, type Service, type ServiceOptions } from '../src/index.ts';

const Body = Type.Object({ count: Type.Integer() }, { additionalProperties: false });

async function service(options: Partial<ServiceOptions> = {}): Promise<Service> {
  const app = await createService({
    name: 'room',
    description: 'A room under test.',
    replica: 'room-1',
    logLevel: 'silent',
    corsOrigins: 'https://app.example',
    isUnavailable: (error) => error instanceof Error && error.message === 'the database is away',
    ...options,
  });
  app.post('/room/things', { schema: { body: Body } }, (request) => ({ count: request.body.count }));
  app.get('/room/problem', () => {
    throw new Problem('conflict', 'The name is taken; choose another one.', { 'retry-after': '3' });
  });
  app.get('/room/fault', () => {
    throw new Error('password=hunter2');
  });
  app.get('/room/away', () => {
    throw new Error('the database is away');
  });
  onTestFinished(() => app.close());
  return app;
}

const post = (app: Service, payload: string, type = 'application/json') =>
  app.inject({ method: 'POST', url: '/room/things', headers: { 'content-type': type }, payload });

describe('problems (RFC 9457)', () => {
  test('a thrown problem keeps its sentence and its headers', async () => {
    const answer = await (await service()).inject('/room/problem');
    expect(answer.statusCode).toBe(409);
    expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(answer.headers['retry-after']).toBe('3');
    expect(answer.json()).toMatchObject({
      type: 'urn:roomkey:problem:conflict',
      detail: 'The name is taken; choose another one.',
    });
  });

  test('a fault says nothing but the request id (security 33)', async () => {
    const answer = await (
      await service()
    ).inject({ url: '/room/fault', headers: { 'x-request-id': 'abc-1' } });
    expect(answer.statusCode).toBe(500);
    expect(answer.body).not.toContain('hunter2');
    expect(answer.json()).toEqual({
      type: 'urn:roomkey:problem:internal',
      title: 'Something went wrong on our side',
      status: 500,
      instance: 'urn:roomkey:request:abc-1',
    });
  });

  test('a store that is away is 503 with Retry-After (security 151)', async () => {
    const answer = await (await service()).inject('/room/away');
    expect(answer.statusCode).toBe(503);
    expect(answer.headers['retry-after']).toBe('1');
  });

  test('a request id from outside that is not plain is replaced', async () => {
    const answer = await (
      await service()
    ).inject({ url: '/healthz', headers: { 'x-request-id': 'a b\u00e9' } });
    expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe('bodies', () => {
  test.each([
    ['{"count":"1"}', 400, /body\/count must be integer/],
    ['{"count":1,"extra":2}', 400, /"extra" is not known here/],
    ['{}', 400, /must have required property 'count'/],
    ['{"count":', 400, /not valid JSON/],
    ['', 400, /empty/],
    ['[]', 400, /body must be object/],
    ['{"__proto__":{"count":1}}', 400, /./],
    [`{"count":${'['.repeat(10_000)}${']'.repeat(10_000)}}`, 400, /body\/count must be integer/],
  ])('%.40s is refused with a sentence', async (payload, status, sentence) => {
    const answer = await post(await service(), payload);
    expect(answer.statusCode).toBe(status);
    expect(answer.json<{ detail: string }>().detail).toMatch(sentence);
  });

  test('a body above the limit is 413', async () => {
    const answer = await post(
      await service({ maxBodyBytes: 100 }),
      JSON.stringify({ count: 1, pad: 'x'.repeat(200) }),
    );
    expect(answer.statusCode).toBe(413);
    expect(answer.json<{ detail: string }>().detail).toContain('at most 100 bytes');
  });

  test.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/json2',
    'APPLICATION/JSON garbage',
    'application/json\t;x',
    ' application/json',
    'application/json; charset=utf-8',
    'Application/JSON',
    '',
  ])('content type "%s" never skips validation (security 143)', async (type) => {
    const answer = await post(await service(), '{"count":"no number"}', type);
    expect([400, 415]).toContain(answer.statusCode);
  });

  test('bytes that are no UTF-8 are refused: two passwords would be one', async () => {
    const app = await service();
    const payload = Buffer.from('7b22636f756e74223a22ff227d', 'hex');
    const answer = await app.inject({
      method: 'POST',
      url: '/room/things',
      headers: { 'content-type': 'application/json' },
      payload,
    });
    expect(answer.statusCode).toBe(400);
    expect(answer.json<{ detail: string }>().detail).toContain('UTF-8');
    expect((await post(app, '{"count":1}', 'application/json; charset=utf-16')).statusCode).toBe(415);
    expect((await post(app, '{"count":1}', 'application/json; charset=UTF-8')).statusCode).toBe(200);
  });

  test.each(['gzip', 'br', 'gzip, identity'])(
    'a body encoded as %s is 415 and told what is taken',
    async (encoding) => {
      const headers = { 'content-type': 'application/json', 'content-encoding': encoding };
      const answer = await (
        await service()
      ).inject({ method: 'POST', url: '/room/things', headers, payload: '{"count":1}' });
      expect(answer.statusCode).toBe(415);
      expect(answer.headers['accept-encoding']).toBe('identity');
    },
  );

  test('no body and no content type is refused too (security 143)', async () => {
    const app = await service();
    expect((await app.inject({ method: 'POST', url: '/room/things' })).statusCode).toBe(400);
  });
});

describe('CORS (Fetch standard)', () => {
  test('an OPTIONS that is no preflight is answered like any request to a route that is not there', async () => {
    const answer = await (await service()).inject({ method: 'OPTIONS', url: '/room/nothing' });
    expect(answer.statusCode).toBeGreaterThanOrEqual(200);
    expect(
      answer.body === '' || answer.headers['content-type'] === 'application/problem+json; charset=utf-8',
    ).toBe(true);
  });

  const preflight = (app: Service, origin: string) =>
    app.inject({
      method: 'OPTIONS',
      url: '/room/things',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization',
      },
    });

  test('an allowed origin is named, Authorization too, without credentials (security 137, 139)', async () => {
    const { statusCode, headers } = await preflight(await service(), 'https://app.example');
    expect(statusCode).toBe(204);
    expect(headers['access-control-allow-origin']).toBe('https://app.example');
    for (const name of ['Authorization', 'If-Match', 'Last-Event-ID'])
      expect(headers['access-control-allow-headers']).toContain(name);
    expect(headers['access-control-max-age']).toBe('600');
    expect(headers['access-control-allow-credentials']).toBeUndefined();
    expect(headers['vary']).toContain('Origin');
  });

  test.each([
    'https://evil.example',
    'https://app.example.evil.example',
    'http://app.example',
    'null',
    'https://APP.example',
  ])('the foreign origin %s gets no CORS headers (security 137, 138, 139)', async (origin) => {
    const { headers } = await preflight(await service(), origin);
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control-'))).toEqual([]);
    expect(headers['vary']).toContain('Origin');
  });

  test('"*" serves every origin, never with credentials (security 137)', async () => {
    const { headers } = await preflight(await service({ corsOrigins: '*' }), 'https://any.example');
    expect(headers['access-control-allow-origin']).toBe('*');
    expect(headers['access-control-allow-credentials']).toBeUndefined();
  });

  test('refusals carry CORS headers, and the headers clients need are exposed (security 140)', async () => {
    const app = await service();
    for (const url of ['/room/problem', '/room/fault', '/room/away', '/nowhere']) {
      const { headers } = await app.inject({ url, headers: { origin: 'https://app.example' } });
      expect(headers['access-control-allow-origin']).toBe('https://app.example');
      expect(headers['access-control-expose-headers']).toContain('WWW-Authenticate');
    }
  });
});

test('every answer carries the security headers (security 49, 142)', async () => {
  const app = await service();
  for (const url of ['/healthz', '/room/problem', '/nowhere', '/room/docs/json']) {
    const { headers } = await app.inject(url);
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['referrer-policy']).toBe('no-referrer');
    expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
    expect(headers['cache-control']).toBe('no-store');
    expect(headers['x-served-by']).toBe('room-1');
  }
});

test('readiness names what is missing, and fails first when the service leaves (security 147)', async () => {
  const app = await service({
    readiness: {
      database: () => {
        throw new Error('away');
      },
      lists: async () => {},
      silent: () => new Promise<void>(() => {}),
    },
  });
  const answer = await app.inject('/readyz');
  expect(answer.statusCode).toBe(503);
  expect(answer.json()).toEqual({ status: 'not ready', missing: ['database', 'silent'] });

  const ready = await service();
  expect((await ready.inject('/readyz')).statusCode).toBe(200);
  ready.draining = true;
  expect((await ready.inject('/readyz')).json()).toEqual({ status: 'not ready', missing: ['draining'] });
  expect((await ready.inject('/healthz')).statusCode).toBe(200);
});

test('a check that is under way when the service begins to leave does not say that it is ready', async () => {
  const checking = Promise.withResolvers<void>();
  const checked = Promise.withResolvers<void>();
  const database = () => {
    checking.resolve();
    return checked.promise;
  };
  const app = await service({ readiness: { database } });
  const answer = app.inject('/readyz');
  await checking.promise;
  app.draining = true;
  checked.resolve();
  expect((await answer).json()).toEqual({ status: 'not ready', missing: ['draining'] });
});

test('that it can work is remembered for a second, that it cannot is asked anew each time', async () => {
  let asked = 0;
  let isAway = true;
  const database = () => {
    asked += 1;
    if (isAway) throw new Error('away');
  };
  const app = await service({ readiness: { database } });
  const statusOf = async () => (await app.inject('/readyz')).statusCode;
  expect([await statusOf(), await statusOf(), asked]).toEqual([503, 503, 2]);
  isAway = false;
  expect([await statusOf(), await statusOf(), asked]).toEqual([200, 200, 3]);
  isAway = true;
  await expect.poll(statusOf, { timeout: 5_000 }).toBe(503);
});

test('the API is described at /<name>/docs, without the routes of operation', async () => {
  const { paths } = (await (await service()).inject('/room/docs/json')).json<{
    paths: Record<string, unknown>;
  }>();
  expect(Object.keys(paths)).toEqual(expect.arrayContaining(['/room/things']));
  expect(Object.keys(paths)).not.toEqual(expect.arrayContaining(['/healthz']));
});

test('the pages that show it are there when asked for, under a policy of their own', async () => {
  const app = await service();
  const page = await app.inject('/room/docs');
  expect(page.headers['content-type']).toMatch('text/html');
  expect(page.headers['content-security-policy']).toMatch("default-src 'self'");
  const asset = /(?:src|href)="([^"]+\.(?:js|css))"/.exec(page.body)?.[1] ?? 'none';
  const address = new URL(asset, 'http://room/room/docs/').pathname;
  expect((await app.inject(address)).statusCode).toBe(200);
});

test('who reads a page and asks that the connection end gets that too', async () => {
  const app = await service();
  const { port } = new URL(await app.listen({ host: '127.0.0.1', port: 0 }));
  const socket = connect(Number(port), '127.0.0.1');
  socket.write('GET /room/docs HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 200 /);
});

test.each(['nothing', 'static/nothing', 'static/.env', 'static/..%2f..%2fpackage.json', 'static/a%00'])(
  'a page of the description that is not there (%s) is a problem like any other',
  async (page) => {
    const answer = await (await service()).inject(`/room/docs/${page}`);
    expect(answer.statusCode).toBe(404);
    expect(answer.json()).toMatchObject({ type: 'urn:roomkey:problem:not-found' });
    expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(answer.headers['content-security-policy']).toContain("default-src 'none'");
  },
);

test('metrics count requests by route', async () => {
  const app = await service();
  await app.inject('/room/problem');
  expect((await app.inject('/metrics')).body).toMatch(
    /http_request_duration_seconds_count\{method="GET",route="\/room\/problem",status_code="409"\} 1/,
  );
});

describe('what the HTTP parser refuses (security 145)', () => {
  const GARBAGE = {
    'no HTTP': 'HELLO\r\n\r\n',
    'two framings':
      'POST /room/things HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'two lengths':
      'POST /room/things HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello',
    'headers of 100 KB': `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`,
  };

  test.each(Object.entries(GARBAGE))(
    '%s is answered with a problem and a closed connection',
    async (name, request) => {
      const app = await service();
      const address = new URL(await app.listen({ host: '127.0.0.1', port: 0 }));
      const answer = await new Promise<string>((resolve, reject) => {
        let received = '';
        const socket = connect(Number(address.port), '127.0.0.1', () => socket.end(request));
        socket.on('data', (chunk) => (received += chunk.toString())).on('error', reject);
        socket.on('close', () => resolve(received));
      });
      expect(answer).toMatch(name === 'headers of 100 KB' ? /^HTTP\/1\.1 431 / : /^HTTP\/1\.1 400 /);
      expect(answer).toContain('application/problem+json');
      expect(answer).toContain('connection: close');
      // Whose script asks is not known, and only some may read.
      expect(answer).not.toContain('access-control-');
    },
  );
});
