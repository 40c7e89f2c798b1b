import { expect, test } from 'vitest';
import { ask, startGateway, startUpstream, statusOf, textOf, until } from './gateway-under-test.ts';

test('a request reaches the service its first segment names, path and query as sent', async () => {
  await using image = await startUpstream((request, response) => response.end(`image ${request.url}`));
  await using auth = await startUpstream((request, response) => response.end(`auth ${request.url}`));
  await using gateway = await startGateway(`image=${image.origin};auth=${auth.origin}`);

  const paths = ['/image', '/image/', '/image/a%20b/full/^max/0/default.jpg?x=%2F&y=[1]', '/image?q'];
  for (const path of paths)
    expect(await ask(gateway.origin, path)).toMatchObject({ status: 200, body: `image ${path}` });
  for (const path of ['/auth/token', '/.well-known/jwks.json'])
    expect(await ask(gateway.origin, path)).toMatchObject({ status: 200, body: `auth ${path}` });
});

test.each(['/', '/other', '/IMAGE/x', '/image;v=1/x', '/images', '/constructor', '/image.'])(
  '%s belongs to no service and is 404 (security 51)',
  async (path) => {
    await using image = await startUpstream((_request, response) => response.end('reached'));
    await using gateway = await startGateway(`image=${image.origin}`);
    const { status, headers, body } = await ask(gateway.origin, path);
    expect(status).toBe(404);
    expect(headers['content-type']).toBe('application/problem+json');
    expect(JSON.parse(body)).toMatchObject({ status: 404, type: 'urn:roomkey:problem:not-found' });
  },
);

test("a replica's own operational pages cannot be reached from outside", async () => {
  await using image = await startUpstream((_request, response) => response.end('of the replica'));
  await using gateway = await startGateway(`image=${image.origin}`);
  for (const path of ['/healthz', '/readyz', '/metrics'])
    expect((await ask(gateway.origin, path)).body).not.toBe('of the replica');
});

test('every method is passed on with its body, and HEAD keeps its headers and has none', async () => {
  await using data = await startUpstream((request, response) => {
    response.setHeader('x-method', request.method ?? '');
    void textOf(request).then((text) => response.end(`${request.method} ${text}`));
  });
  await using gateway = await startGateway(`data=${data.origin}`);
  // Node's client frames no body of a DELETE by itself.
  const headers = { 'content-length': 4 };
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'])
    expect(await ask(gateway.origin, '/data/x', { method, headers }, 'body')).toMatchObject({
      body: `${method} body`,
    });
  expect(await ask(gateway.origin, '/data/x', { method: 'POST' })).toMatchObject({ body: 'POST ' });
  expect(await ask(gateway.origin, '/data/x', { method: 'OPTIONS' })).toMatchObject({ body: 'OPTIONS ' });
  const head = await ask(gateway.origin, '/data/x', { method: 'HEAD' });
  expect(head).toMatchObject({ status: 200, body: '' });
  expect(head.headers['x-method']).toBe('HEAD');
});

test.each([200, 201, 204, 206, 301, 304, 401, 404, 409, 412, 500, 503])(
  'status %i comes back with the headers of the service',
  async (status) => {
    await using data = await startUpstream((_request, response) => {
      response.writeHead(status, { 'x-served-by': 'data-1', etag: '"7"', 'set-cookie': ['a=1', 'b=2'] });
      response.end(status === 204 || status === 304 ? undefined : 'text');
    });
    await using gateway = await startGateway(`data=${data.origin}`);
    const answer = await ask(gateway.origin, '/data');
    expect(answer.status).toBe(status);
    expect(answer.headers).toMatchObject({
      'x-served-by': 'data-1',
      etag: '"7"',
      'set-cookie': ['a=1', 'b=2'],
    });
    expect(answer.body).toBe(status === 204 || status === 304 ? '' : 'text');
  },
);

test('TRACE is not passed on', async () => {
  await using data = await startUpstream((_request, response) => response.end());
  await using gateway = await startGateway(`data=${data.origin}`);
  const { status, headers } = await ask(gateway.origin, '/data', { method: 'TRACE' });
  expect(status).toBe(405);
  expect(headers.allow).toBe('GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS');
});

test('requests go to the replica with the fewest in flight, and in turn among equals', async () => {
  const held = new Set<() => void>();
  const replica = (name: string) =>
    startUpstream((request, response) => {
      if (request.url === '/data/slow') held.add(() => response.end(name));
      else response.end(name);
    });
  await using a = await replica('a');
  await using b = await replica('b');
  await using gateway = await startGateway(
    `data=${a.origin},${b.origin}`,
    {},
    async (origin) => (await statusOf(origin)).ready === 2,
  );

  const names: string[] = [];
  for (let count = 0; count < 20; count += 1) names.push((await ask(gateway.origin, '/data')).body);
  expect(names.filter((name) => name === 'a')).toHaveLength(10);

  const slow = ask(gateway.origin, '/data/slow');
  await expect.poll(() => held.size).toBe(1);
  const others: string[] = [];
  for (let count = 0; count < 10; count += 1) others.push((await ask(gateway.origin, '/data')).body);
  for (const release of held) release();
  const { body: busy } = await slow;
  expect(new Set(others)).toEqual(new Set([busy === 'a' ? 'b' : 'a']));
});

test('more requests than a service may have in flight are 503 with Retry-After', async () => {
  const held: (() => void)[] = [];
  await using data = await startUpstream((_request, response) => held.push(() => response.end('done')));
  await using gateway = await startGateway(`data=${data.origin}`, { MAX_IN_FLIGHT: '2' });
  const first = [ask(gateway.origin, '/data'), ask(gateway.origin, '/data')];
  await expect.poll(() => held.length).toBe(2);
  const { status, headers } = await ask(gateway.origin, '/data');
  expect(status).toBe(503);
  expect(headers['retry-after']).toBe('1');
  for (const release of held) release();
  expect(await Promise.all(first)).toMatchObject([{ body: 'done' }, { body: 'done' }]);
});

test('at shutdown requests in flight finish, new ones find no listener', async () => {
  const held: (() => void)[] = [];
  await using data = await startUpstream((_request, response) => held.push(() => response.end('whole')));
  const gateway = await startGateway(`data=${data.origin}`, { SHUTDOWN_TIMEOUT_MS: '20000' });
  const pending = ask(gateway.origin, '/data');
  await expect.poll(() => held.length).toBe(1);
  const closed = gateway.close();
  await until(() => !gateway.server.listening);
  await expect(ask(gateway.origin, '/data')).rejects.toThrow('ECONNREFUSED');
  for (const release of held) release();
  const { status, headers, body } = await pending;
  expect({ status, body, connection: headers.connection }).toEqual({
    status: 200,
    body: 'whole',
    connection: 'close',
  });
  await closed;
});

test('a service that does not answer in time is 504', async () => {
  await using data = await startUpstream(() => undefined);
  const gateway = await startGateway(`data=${data.origin}`, {
    ANSWER_TIMEOUT_MS: '200',
    SHUTDOWN_TIMEOUT_MS: '300',
  });
  expect((await ask(gateway.origin, '/data')).status).toBe(504);
  expect((await ask(gateway.origin, '/data', { method: 'POST' }, 'x')).status).toBe(504);
  await gateway.close();
});
