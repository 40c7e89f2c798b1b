import { once } from 'node:events';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { createService } from '../src/index.ts';

const modules = createRequire(import.meta.url).cache;
/** The client of Prometheus brings OpenTelemetry's bare interfaces with it. */
const loaded = () => Object.keys(modules).filter((file) => /opentelemetry.(?!api\b)|fastify.otel/.test(file));

const open = (tracesTo?: string) =>
  createService({
    name: 'room',
    description: 'A room.',
    logLevel: 'silent',
    corsOrigins: '*',
    ...(tracesTo !== undefined && { tracesTo }),
  });

/** A collector that answers with this status and keeps what it was told. */
async function openCollector(status: number) {
  const told: string[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      told.push(`${request.url} ${await text(request)}`);
      response.writeHead(status).end('{}');
    })();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    told: () => told.join('\n'),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

test('without a collector nothing of OpenTelemetry is loaded; with one that fails all is answered as ever', async () => {
  await (await open()).close();
  expect(loaded()).toEqual([]);

  await using collector = await openCollector(400);
  const app = await open(collector.origin);
  app.get('/room', () => 'open');
  expect((await app.inject('/room')).body).toBe('open');
  await app.close();
  expect(loaded()).not.toEqual([]);
  expect(collector.told()).toContain('/v1/traces ');
});

test('of a request its path is told without the query, and what is polled is not told at all', async () => {
  await using collector = await openCollector(200);
  const app = await open(collector.origin);
  app.get('/room', () => 'open');
  for (const url of ['/room?signature=secret', '/healthz', '/metrics']) await app.inject(url);
  await app.close();
  expect(collector.told()).toContain('"GET /room"');
  for (const untold of ['secret', '/healthz', '/metrics']) expect(collector.told()).not.toContain(untold);
});
