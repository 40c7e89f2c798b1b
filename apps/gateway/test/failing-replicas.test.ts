import { Agent } from 'node:http';
import { expect, test } from 'vitest';
import {
  ask,
  isReady,
  startGateway,
  startUpstream,
  statusOf,
  textOf,
  until,
  type Answer,
} from './gateway-under-test.ts';
import { startReplica } from './replica-under-test.ts';

/** Processes and load, also on a machine that does something else at the time: there it takes tenfold, and more. */
const PATIENT = { timeout: 240_000 };
const patiently = (condition: () => boolean | Promise<boolean>): Promise<void> => until(condition, 100_000);
const FAR_AWAY = { HEALTH_INTERVAL_MS: '3600000' };

const bothReady = async (origin: string): Promise<boolean> => (await statusOf(origin)).ready === 2;

/** Asks without pause, several at once, until told to finish; keeps what was not 200. Disposing breaks off what is left. */
function startLoad(origin: string, method: string) {
  const agent = new Agent({ keepAlive: true });
  const failed: unknown[] = [];
  let count = 0;
  const stopped = new AbortController();
  const one = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      const answer = await ask(origin, '/data/item', { method, agent }).catch((error: unknown) => error);
      count += 1;
      if ((answer as Answer).status !== 200) failed.push(answer);
    }
  };
  const running = Promise.all(Array.from({ length: 8 }, one));
  const finish = async (): Promise<void> => {
    stopped.abort();
    await running;
    agent.destroy();
  };
  return {
    failed,
    count: () => count,
    finish,
    [Symbol.asyncDispose]: async () => {
      stopped.abort();
      agent.destroy();
      await running;
    },
  };
}

test(
  'a replica killed with SIGKILL under load costs no GET, and gets its share again once it is back',
  PATIENT,
  async () => {
    await using a = await startReplica();
    await using b = await startReplica();
    await using gateway = await startGateway(`data=${a.origin},${b.origin}`, {}, bothReady);
    await using load = startLoad(gateway.origin, 'GET');
    const served = async (): Promise<number> => (await statusOf(gateway.origin)).replicas[1]?.served ?? 0;
    for (let round = 1; round <= 3; round += 1) {
      await patiently(() => load.count() > 500 * round);
      await b.stop('SIGKILL');
      const seen = load.count();
      await patiently(() => load.count() > seen + 200);
      expect((await statusOf(gateway.origin)).ready).toBe(1);
      await b.restart();
      await patiently(() => bothReady(gateway.origin));
      const before = await served();
      await patiently(async () => (await served()) > before + 20);
    }
    await load.finish();
    expect(load.failed).toEqual([]);
    expect(load.count()).toBeGreaterThan(1_500);
    expect((await statusOf(gateway.origin)).retries).toBeGreaterThan(0);
  },
);

test('a rolling restart by SIGTERM costs neither a GET nor a POST (security 147)', PATIENT, async () => {
  await using a = await startReplica(300);
  await using b = await startReplica(300);
  await using gateway = await startGateway(`data=${a.origin},${b.origin}`, {}, bothReady);
  await using reads = startLoad(gateway.origin, 'GET');
  await using writes = startLoad(gateway.origin, 'POST');
  for (const replica of [a, b]) {
    await replica.stop('SIGTERM');
    await replica.restart();
    await patiently(() => bothReady(gateway.origin));
  }
  await reads.finish();
  await writes.finish();
  expect(reads.failed).toEqual([]);
  expect(writes.failed).toEqual([]);
});

test('a POST that kills its replica is not given to the next one', PATIENT, async () => {
  await using a = await startReplica();
  await using b = await startReplica();
  await using gateway = await startGateway(`data=${a.origin},${b.origin}`, {}, bothReady);
  const { status, headers } = await ask(gateway.origin, '/data/die', { method: 'POST' });
  expect(status).toBe(502);
  expect(headers['content-type']).toBe('application/problem+json');
  await until(async () => (await statusOf(gateway.origin)).ready === 1);
  expect((await ask(gateway.origin, '/data/item', { method: 'POST' })).status).toBe(200);
});

/** Two replicas that take a request and then drop the connection. */
async function startBreaking() {
  const seen: string[] = [];
  const breaking = () =>
    startUpstream((request) => {
      seen.push(request.method ?? '');
      void textOf(request).then(() => request.socket.destroy());
    });
  return { a: await breaking(), b: await breaking(), seen };
}

test.each([
  ['POST', 'body'],
  ['POST', ''],
  ['PUT', 'body'],
  ['PATCH', 'body'],
  ['DELETE', ''],
  ['OPTIONS', 'body'],
])('%s "%s" is sent once when its connection dies after it was written', async (method, body) => {
  const { a, b, seen } = await startBreaking();
  await using gateway = await startGateway(`data=${a.origin},${b.origin}`, FAR_AWAY, bothReady);
  const answer = await ask(
    gateway.origin,
    '/data',
    { method, headers: { 'content-length': body.length } },
    body,
  );
  expect(answer).toMatchObject({ status: 502 });
  expect(seen).toEqual([method]);
  await a[Symbol.asyncDispose]();
  await b[Symbol.asyncDispose]();
});

test.each(['GET', 'HEAD', 'OPTIONS'])('%s is tried a bounded number of times', async (method) => {
  const { a, b, seen } = await startBreaking();
  await using gateway = await startGateway(`data=${a.origin},${b.origin}`, FAR_AWAY, bothReady);
  expect(await ask(gateway.origin, '/data', { method })).toMatchObject({ status: 502 });
  expect(seen).toEqual([method, method, method]);
  await a[Symbol.asyncDispose]();
  await b[Symbol.asyncDispose]();
});

test('a refused connection sends any request, body and all, to another replica', async () => {
  await using a = await startUpstream((request, response) => {
    void textOf(request).then((text) => response.end(`${request.method} ${text}`));
  });
  const b = await startUpstream(() => undefined);
  await using gateway = await startGateway(`data=${a.origin},${b.origin}`, FAR_AWAY, bothReady);
  await b[Symbol.asyncDispose]();
  const asked = Array.from({ length: 20 }, (_, index) =>
    ask(gateway.origin, '/data', { method: 'POST', headers: { expect: '100-continue' } }, `body ${index}`),
  );
  const bodies = (await Promise.all(asked)).map(({ body }) => body);
  expect(bodies).toEqual(asked.map((_, index) => `POST body ${index}`));
  const { replicas, retries } = await statusOf(gateway.origin);
  expect(replicas).toMatchObject([
    { ready: true, served: 20 },
    { ready: false, served: 0 },
  ]);
  expect(retries).toBeGreaterThan(0);
});

test('a GET on a connection that the only replica has just closed is tried once more', async () => {
  let count = 0;
  await using data = await startUpstream((request, response) => {
    count += 1;
    if (count === 1) request.socket.destroy();
    else response.end('whole');
  });
  await using gateway = await startGateway(`data=${data.origin}`);
  expect(await ask(gateway.origin, '/data')).toMatchObject({ status: 200, body: 'whole' });
});

test('a small answer that breaks off half-way is fetched again elsewhere', async () => {
  await using a = await startUpstream((_request, response) => {
    response.writeHead(200, { 'content-length': 5 });
    response.write('wh', () => response.destroy());
  });
  await using b = await startUpstream((_request, response) => response.end('whole'));
  await using gateway = await startGateway(`data=${a.origin},${b.origin}`, FAR_AWAY, bothReady);
  for (let count = 0; count < 4; count += 1)
    expect(await ask(gateway.origin, '/data')).toMatchObject({ status: 200, body: 'whole' });
});

test('without a ready replica the answer is 503 with Retry-After, until one is ready', async () => {
  let isUp = false;
  await using data = await startUpstream((_request, response) => response.end('up'));
  data.server.prependListener('request', (request, response) => {
    if (request.url === '/readyz' && !isUp) response.writeHead(503).end();
  });
  await using gateway = await startGateway(`data=${data.origin}`, {}, async () => true);
  for (const method of ['GET', 'POST']) {
    const { status, headers, body } = await ask(gateway.origin, '/data', { method });
    expect({ status, retryAfter: headers['retry-after'] }).toEqual({ status: 503, retryAfter: '1' });
    expect(JSON.parse(body)).toMatchObject({ type: 'urn:roomkey:problem:unavailable' });
  }
  expect(await ask(gateway.origin, '/readyz')).toMatchObject({
    status: 503,
    body: '{"status":"not ready","missing":["data"]}',
  });
  isUp = true;
  await until(() => isReady(gateway.origin));
  expect(await ask(gateway.origin, '/data')).toMatchObject({ status: 200, body: 'up' });
});

test('the 503 of a replica that shuts down is not shown to a GET while another one is ready', async () => {
  await using leaving = await startUpstream((request, response) => {
    response
      .writeHead(503, { connection: request.url === '/data/busy' ? 'keep-alive' : 'close' })
      .end('leaving');
  });
  await using staying = await startUpstream((_request, response) => response.end('stays'));
  await using gateway = await startGateway(`data=${leaving.origin},${staying.origin}`, {}, bothReady);
  const answers = async (path: string, method: string): Promise<Set<number>> => {
    const seen = new Set<number>();
    for (let count = 0; count < 4; count += 1) {
      await until(() => bothReady(gateway.origin));
      seen.add((await ask(gateway.origin, path, { method })).status);
    }
    return seen;
  };
  expect(await answers('/data', 'GET')).toEqual(new Set([200]));
  // Whether it was carried out is for the client to judge; and a 503 with the connection kept is the service's own word.
  expect(await answers('/data', 'POST')).toEqual(new Set([200, 503]));
  expect(await answers('/data/busy', 'GET')).toEqual(new Set([200, 503]));
});
