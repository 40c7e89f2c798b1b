import { expect, test } from 'vitest';
import { ask, askRaw, startGateway, startUpstream } from './gateway-under-test.ts';

/** A service that answers with the headers it got. */
const startEcho = () =>
  startUpstream((request, response) => {
    request.resume();
    response.end(JSON.stringify({ headers: request.headers, raw: request.rawHeaders }));
  });

interface Echo {
  readonly headers: Readonly<Record<string, string>>;
  readonly raw: readonly string[];
}

test('forwarding headers of the client are replaced by what the gateway saw (security 50, 144)', async () => {
  await using data = await startEcho();
  await using gateway = await startGateway(`data=${data.origin}`);
  const { body } = await ask(gateway.origin, '/data', {
    headers: {
      host: 'roomkey.example:8080',
      'X-Forwarded-For': '10.0.0.1',
      'x-forwarded-proto': 'https',
      'X-FORWARDED-HOST': 'evil.example',
      'x-forwarded-port': '1',
      'x-forwarded-prefix': '/x',
      forwarded: 'for=10.0.0.1',
      'x-real-ip': '10.0.0.1',
      x_forwarded_for: '10.0.0.1',
    },
  });
  const { headers } = JSON.parse(body) as Echo;
  expect(headers).toMatchObject({
    host: 'roomkey.example:8080',
    'x-forwarded-for': '127.0.0.1',
    'x-forwarded-proto': 'http',
    'x-forwarded-host': 'roomkey.example:8080',
  });
  for (const name of ['x-forwarded-port', 'x-forwarded-prefix', 'forwarded', 'x-real-ip', 'x_forwarded_for'])
    expect(headers).not.toHaveProperty([name]);
});

test('headers that claim an identity, another method or another path do not arrive (security 50, 51)', async () => {
  await using data = await startEcho();
  await using gateway = await startGateway(`data=${data.origin}`);
  const claims = [
    'X-User', 'X-User-Id', 'x_user_id', 'X-Forwarded-User', 'Remote-User', 'X-Remote-User', 'X-Authenticated-User',
    'X-Auth-Request-Email', 'X-Client-Cert', 'X-Original-URL', 'X-Rewrite-URL', 'X-HTTP-Method-Override', 'X-Method-Override',
  ]; // prettier-ignore
  const { body } = await ask(gateway.origin, '/data', {
    headers: {
      ...Object.fromEntries(claims.map((name) => [name, 'admin'])),
      authorization: 'Bearer x',
      cookie: 'a=b',
      'if-match': '"1"',
    },
  });
  const { headers, raw } = JSON.parse(body) as Echo;
  expect(raw).not.toContain('admin');
  expect(headers).toMatchObject({ authorization: 'Bearer x', cookie: 'a=b', 'if-match': '"1"' });
});

test('what belongs to one connection stays on it, both ways', async () => {
  await using data = await startUpstream((request, response) => {
    response.setHeader('connection', 'keep-alive, x-hop');
    response.setHeader('x-hop', 'of the service');
    response.setHeader('x-other', 'of the service');
    response.setHeader('proxy-authenticate', 'Basic');
    response.end(JSON.stringify({ headers: request.headers }));
  });
  await using gateway = await startGateway(`data=${data.origin}`);
  const { headers: received, body } = await ask(gateway.origin, '/data', {
    headers: {
      connection: 'keep-alive, X-Mine, x-forwarded-for, authorization',
      'x-mine': 'a',
      te: 'trailers',
      'proxy-authorization': 'Basic eA==',
      upgrade: 'h2c',
      'http2-settings': 'AA',
      authorization: 'Bearer x',
    },
  });
  const { headers } = JSON.parse(body) as Echo;
  for (const name of ['x-mine', 'te', 'proxy-authorization', 'upgrade', 'http2-settings'])
    expect(headers).not.toHaveProperty([name]);
  // Naming them in Connection takes nothing away that the gateway answers for.
  expect(headers).toMatchObject({ 'x-forwarded-for': '127.0.0.1', authorization: 'Bearer x' });
  expect(received).toHaveProperty('x-other');
  expect(received).not.toHaveProperty('x-hop');
  expect(received).not.toHaveProperty('proxy-authenticate');
});

test('a good request id is kept, passed on and answered; an odd one is replaced', async () => {
  await using data = await startEcho();
  await using gateway = await startGateway(`data=${data.origin}`);
  const idFor = async (given?: string | string[]) => {
    const { headers, body } = await ask(gateway.origin, '/data', {
      headers: given === undefined ? {} : { 'x-request-id': given },
    });
    expect((JSON.parse(body) as Echo).headers['x-request-id']).toBe(headers['x-request-id']);
    return headers['x-request-id'];
  };
  expect(await idFor('abc-123')).toBe('abc-123');
  for (const odd of [undefined, 'a b', 'x'.repeat(65), '{"a":1}', ['a', 'b']]) {
    expect(await idFor(odd)).toMatch(/^[0-9a-f-]{36}$/);
  }
});

test("the gateway's own problems carry the request id, and nothing of the request", async () => {
  await using data = await startEcho();
  await using gateway = await startGateway(`data=${data.origin}`);
  const { headers, body } = await ask(gateway.origin, '/<script>', { headers: { 'x-request-id': 'abc' } });
  expect(headers).toMatchObject({ 'x-request-id': 'abc', 'cache-control': 'no-store' });
  expect(body).toContain('urn:roomkey:request:abc');
  expect(body).not.toContain('script');
});

test("browsers of allowed origins may read the gateway's own problems (security 140)", async () => {
  await using data = await startEcho();
  await using gateway = await startGateway(`data=${data.origin}`, { CORS_ORIGINS: 'https://app.example' });
  const allowed = await ask(gateway.origin, '/none', { headers: { origin: 'https://app.example' } });
  expect(allowed.headers).toMatchObject({
    'access-control-allow-origin': 'https://app.example',
    vary: 'Origin',
  });
  const foreign = await ask(gateway.origin, '/none', { headers: { origin: 'https://evil.example' } });
  expect(foreign.headers).not.toHaveProperty('access-control-allow-origin');
  expect(foreign.headers).toMatchObject({ vary: 'Origin' });
});

test.each([
  ['anybody', '*', 'access-control-allow-origin: *'],
  ['nobody where only some may', 'https://app.example', 'vary: Origin'],
])('what the parser refuses may be read by %s (security 140)', async (_whom, origins, header) => {
  await using data = await startEcho();
  await using gateway = await startGateway(`data=${data.origin}`, { CORS_ORIGINS: origins });
  const answer = await askRaw(
    gateway.port,
    'GET / HTTP/1.1\r\nHost: x\r\nOrigin: https://app.example\r\nBad\r\n\r\n',
  );
  expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  expect(answer.match(/^(?:access-control-allow-origin|vary): .*$/gm)).toEqual([header]);
});

test('bytes above ASCII in a header value arrive as they were sent', async () => {
  await using data = await startEcho();
  await using gateway = await startGateway(`data=${data.origin}`);
  const answer = await askRaw(
    gateway.port,
    'GET /data HTTP/1.1\r\nHost: x\r\nX-Name: caf\xe9\r\nConnection: close\r\n\r\n',
  );
  expect(JSON.parse(answer.split('\r\n\r\n')[1] ?? '')).toMatchObject({ headers: { 'x-name': 'cafÃ©' } });
});
