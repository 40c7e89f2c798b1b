import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { memoryUsage } from 'node:process';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { expect, test } from 'vitest';
import { ask, readAll, startGateway, startUpstream, statusOf, textOf, until } from './gateway-under-test.ts';

const MIB = 1024 * 1024;

/** `count` chunks of 64 KiB, made as they are taken. */
function* chunks(count: number, onMade: () => void = () => undefined): Generator<Buffer> {
  const chunk = randomBytes(65_536);
  for (let index = 0; index < count; index += 1) {
    onMade();
    yield chunk;
  }
}

async function hashOf(stream: AsyncIterable<unknown>): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of stream) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

test.each(['with a length', 'chunked'])(
  'a body of 256 MiB passes both ways, %s, in bounded memory',
  { timeout: 120_000 },
  async (kind) => {
    await using data = await startUpstream((request, response) => {
      const length = request.headers['content-length'];
      if (length !== undefined) response.setHeader('content-length', length);
      request.pipe(response);
    });
    await using gateway = await startGateway(`data=${data.origin}`);
    const expected = createHash('sha256');
    const before = memoryUsage().rss;
    let peak = before;
    const outgoing = httpRequest(gateway.origin, { path: '/data', method: 'POST' });
    if (kind === 'with a length') outgoing.setHeader('content-length', 256 * MIB);
    const body = Readable.from(
      chunks(4_096, () => {
        peak = Math.max(peak, memoryUsage().rss);
      }),
      { objectMode: false },
    );
    body.on('data', (chunk: Buffer) => expected.update(chunk));
    const sent = pipeline(body, outgoing);
    const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
    expect(await hashOf(incoming)).toBe(expected.digest('hex'));
    await sent;
    // Client, gateway and service share this process; were a body stored, 256 MiB would show.
    expect((peak - before) / MIB).toBeLessThan(200);
  },
);

test('an event stream arrives event by event, its head before its first event', async () => {
  let stream: ServerResponse | undefined;
  await using data = await startUpstream((_request, response) => {
    stream = response;
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.flushHeaders();
  });
  await using gateway = await startGateway(`data=${data.origin}`, {
    ANSWER_TIMEOUT_MS: '700',
    IDLE_TIMEOUT_MS: '700',
  });
  const outgoing = httpRequest(gateway.origin, { path: '/data/events' }).end();
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
  for (let event = 0; event < 2; event += 1) {
    // Longer than any timeout of this gateway: a quiet stream is alive.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    stream?.write(`data: ${event}\n\n`);
    const [chunk] = (await once(incoming, 'data')) as [Buffer];
    expect(chunk.toString()).toBe(`data: ${event}\n\n`);
  }
  outgoing.destroy();
  await once(stream as ServerResponse, 'close');
});

test('a client that leaves takes its request to the service with it', async () => {
  const closed: string[] = [];
  const seen: string[] = [];
  await using data = await startUpstream((request, response) => {
    seen.push(request.url ?? '');
    response.on('close', () => closed.push(request.url ?? ''));
    if (request.url === '/data/begun') response.write('x');
  });
  await using gateway = await startGateway(`data=${data.origin}`);
  const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
  const post = 'POST /data/half HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf';
  for (const text of [
    get('/data/waiting'),
    get('/data/begun'),
    post,
    get('/data/first') + get('/data/pipelined'),
  ]) {
    const socket = connect(gateway.port, '127.0.0.1');
    socket.write(text);
    const last = [...text.matchAll(/ (\/data\/\w+) HTTP/g)].at(-1)?.[1];
    await until(() => seen.includes(last ?? 'none'));
    socket.destroy();
  }
  await until(() => closed.length === seen.length);
  expect(seen).toHaveLength(5);
  const { inFlight, replicas } = await statusOf(gateway.origin);
  expect({ inFlight, replicas }).toMatchObject({ inFlight: 0, replicas: [{ inFlight: 0, failures: 0 }] });
});

test('a client that takes nothing stops the service from sending, and is cut', async () => {
  let written = 0;
  await using data = await startUpstream((_request, response) => {
    const source = Readable.from(
      chunks(2_000, () => {
        written += 1;
      }),
      { objectMode: false },
    );
    response.on('close', () => {
      written = -1;
    });
    source.pipe(response);
  });
  await using gateway = await startGateway(`data=${data.origin}`, { IDLE_TIMEOUT_MS: '1000' });
  const socket = connect(gateway.port, '127.0.0.1');
  socket.pause();
  socket.write('GET /data HTTP/1.1\r\nHost: x\r\n\r\n');
  await until(() => written > 0);
  let most = 0;
  await until(() => {
    most = Math.max(most, written);
    return written === -1;
  });
  expect(most).toBeLessThan(1_000);
  socket.destroy();
});

test('a slow client gets everything', async () => {
  await using data = await startUpstream((_request, response) => {
    void pipeline(Readable.from(chunks(320), { objectMode: false }), response);
  });
  await using gateway = await startGateway(`data=${data.origin}`);
  const outgoing = httpRequest(gateway.origin, { path: '/data' }).end();
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
  let bytes = 0;
  for await (const chunk of incoming) {
    bytes += (chunk as Buffer).length;
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(bytes).toBe(320 * 65_536);
});

test('an answer that waits for the one before it keeps its bytes while others pass', async () => {
  const waiting = randomBytes(200_000);
  const first = Promise.withResolvers<void>();
  const second = Promise.withResolvers<void>();
  await using data = await startUpstream((request, response) => {
    if (request.url === '/data/first') void first.promise.then(() => response.end('first'));
    else if (request.url === '/data/second') response.end(waiting, () => second.resolve());
    else response.end('x'.repeat(60_000));
  });
  await using gateway = await startGateway(`data=${data.origin}`);
  const client = connect(gateway.port, '127.0.0.1');
  const received = readAll(client);
  client.write('GET /data/first HTTP/1.1\r\nHost: a\r\n\r\n');
  client.write('GET /data/second HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  await second.promise;
  for (let count = 0; count < 5; count += 1) await ask(gateway.origin, '/data/other');
  first.resolve();
  expect((await received).endsWith(waiting.toString('latin1'))).toBe(true);
});

test.each([
  ['a length', { 'content-length': 200_000 }],
  ['chunks', {}],
])('an answer with %s that breaks off half-way breaks the connection, never ends it', async (_kind, head) => {
  await using data = await startUpstream((_request, response) => {
    response.writeHead(200, head);
    response.write('half', () => response.destroy());
  });
  await using gateway = await startGateway(`data=${data.origin}`);
  await expect(ask(gateway.origin, '/data')).rejects.toThrow(/aborted|hang up|ECONNRESET/);
});

test('a small answer is not begun before it is whole, so that its breaking off is a clear problem', async () => {
  await using data = await startUpstream((_request, response) => {
    response.writeHead(200, { 'content-length': 10 });
    response.write('half', () => response.destroy());
  });
  await using gateway = await startGateway(`data=${data.origin}`);
  expect(await ask(gateway.origin, '/data', { method: 'POST' }, 'x')).toMatchObject({ status: 502 });
});

test('an answer that only the end of the connection would end is refused: it cannot be told from a cut one', async () => {
  await using data = await startUpstream((request) => {
    request.socket.end('HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nhalf');
  });
  await using gateway = await startGateway(`data=${data.origin}`);
  expect(await ask(gateway.origin, '/data')).toMatchObject({ status: 502 });
});

test('a refusal during an upload reaches the client, and the connection lives on', async () => {
  await using data = await startUpstream((request, response) => {
    if (request.method === 'GET') response.end('next');
    else response.writeHead(413, { 'content-length': 9 }).end('too large');
  });
  await using gateway = await startGateway(`data=${data.origin}`);
  const socket = connect(gateway.port, '127.0.0.1');
  socket.write(`POST /data HTTP/1.1\r\nHost: x\r\nContent-Length: ${8 * MIB}\r\n\r\n`);
  const [first] = (await Promise.race([
    once(socket, 'data'),
    pipeline(Readable.from(chunks(128), { objectMode: false }), socket, { end: false }).then(() =>
      once(socket, 'data'),
    ),
  ])) as [Buffer];
  expect(first.toString()).toMatch(/^HTTP\/1\.1 413 [\s\S]*too large$/);
  await until(() => socket.writableLength === 0);
  socket.write('GET /data HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
  expect(await readAll(socket)).toMatch(/^HTTP\/1\.1 200 [\s\S]*next$/);
});

test('100 Continue is said once a replica takes the body, and not when the request is refused', async () => {
  await using data = await startUpstream((request, response) => {
    const { expect: expectation = 'no expectation' } = request.headers;
    void textOf(request).then((text) => response.end(`${text} ${expectation}`));
  });
  await using gateway = await startGateway(`data=${data.origin}`);
  const head = (path: string) =>
    `POST ${path} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n`;

  const taken = connect(gateway.port, '127.0.0.1');
  taken.write(head('/data'));
  const [first] = (await once(taken, 'data')) as [Buffer];
  expect(first.toString()).toBe('HTTP/1.1 100 Continue\r\n\r\n');
  taken.write('body');
  const [second] = (await once(taken, 'data')) as [Buffer];
  expect(second.toString()).toMatch(/^HTTP\/1\.1 200 [\s\S]*body no expectation$/);
  taken.destroy();

  const refused = connect(gateway.port, '127.0.0.1');
  refused.write(head('/none'));
  expect(await readAll(refused)).toMatch(/^HTTP\/1\.1 404 /);
});
