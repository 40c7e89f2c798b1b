import { expect, test } from 'vitest';
import { ask, startGateway, startUpstream, statusOf, until } from './gateway-under-test.ts';

test('the status page tells each replica, and the metrics count by it', async () => {
  await using a = await startUpstream((request, response) => {
    response.writeHead(request.url === '/data/none' ? 404 : 200).end();
  });
  const b = await startUpstream((_request, response) => response.end());
  await using gateway = await startGateway(
    `data=${a.origin},${b.origin}`,
    {},
    async (origin) => (await statusOf(origin)).ready === 2,
  );
  await b[Symbol.asyncDispose]();
  await until(async () => (await statusOf(gateway.origin)).ready === 1);
  for (const path of ['/data', '/data', '/data/none', '/nowhere']) await ask(gateway.origin, path);

  expect(await statusOf(gateway.origin)).toMatchObject({
    name: 'data',
    ready: 1,
    inFlight: 0,
    replicas: [
      { url: a.origin, ready: true, inFlight: 0, served: 3, failures: 0 },
      { url: b.origin, ready: false, inFlight: 0, served: 0 },
    ],
  });
  const { headers, body } = await ask(gateway.origin, '/metrics');
  expect(headers['content-type']).toContain('text/plain; version=0.0.4');
  for (const line of [
    `roomkey_gateway_requests_total{service="data",replica="${a.origin}",status="2xx"} 2`,
    `roomkey_gateway_requests_total{service="data",replica="${a.origin}",status="4xx"} 1`,
    `roomkey_gateway_replica_ready{service="data",replica="${b.origin}"} 0`,
    'roomkey_gateway_retries_total{service="data"} 0',
    'roomkey_gateway_problems_total{problem="not-found"} 1',
  ])
    expect(body.split('\n')).toContain(line);
});

test('the gateway is alive without a ready replica, and ready only when every service has one', async () => {
  await using data = await startUpstream((_request, response) => response.end());
  await using gateway = await startGateway(
    `data=${data.origin};image=http://127.0.0.1:1`,
    {},
    async (origin) => (await statusOf(origin)).ready === 1,
  );
  expect(await ask(gateway.origin, '/healthz')).toMatchObject({ status: 200 });
  expect(await ask(gateway.origin, '/readyz')).toMatchObject({
    status: 503,
    body: '{"status":"not ready","missing":["image"]}',
  });
});
