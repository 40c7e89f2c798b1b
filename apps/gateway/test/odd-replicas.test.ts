import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { ask, askRaw, startGateway, until } from './gateway-under-test.ts';

/** A replica that answers its health checks, and everything else with these bytes. */
async function startRawReplica(answerTo: (head: string, count: number) => string) {
  const sockets = new Set<Socket>();
  const askedOn: Socket[] = [];
  const seen: string[] = [];
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.setEncoding('latin1').on('data', (head: string) => {
      if (head.startsWith('GET /readyz ')) {
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
        return;
      }
      askedOn.push(socket);
      seen.push(head);
      socket.write(answerTo(head, seen.length), 'latin1');
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    askedOn,
    seen,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

const answer = (body: string): string => `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`;

test('bytes after an answer are nobody’s: the next request gets its own (security 145)', async () => {
  await using replica = await startRawReplica((_head, count) =>
    count === 1 ? answer('first') + answer('poison') : answer('own'),
  );
  await using gateway = await startGateway(`data=${replica.origin}`);
  expect(await ask(gateway.origin, '/data')).toMatchObject({ status: 200, body: 'first' });
  expect(await ask(gateway.origin, '/data')).toMatchObject({ status: 200, body: 'own' });
});

test('bytes that come unasked end their connection, and are no answer to the next request (security 145)', async () => {
  await using replica = await startRawReplica((head) =>
    answer(head.includes('/data/second') ? 'own' : 'first'),
  );
  await using gateway = await startGateway(`data=${replica.origin}`);
  await ask(gateway.origin, '/data');
  const [used] = replica.askedOn;
  used?.write(answer('poison'));
  await until(() => used?.destroyed === true);
  expect(await ask(gateway.origin, '/data/second')).toMatchObject({ status: 200, body: 'own' });
});

test.each([
  ['two ways of telling its end', 'content-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n'],
  ['two lengths', 'content-length: 1\r\ncontent-length: 3\r\n\r\nabc'],
  ['a bare LF', 'content-length: 3\na: b\r\n\r\nabc'],
  ['a folded header', 'a: b\r\n c\r\ncontent-length: 3\r\n\r\nabc'],
])('an answer with %s is 502, and not asked for again', async (_what, rest) => {
  await using replica = await startRawReplica(() => `HTTP/1.1 200 OK\r\n${rest}`);
  await using gateway = await startGateway(`data=${replica.origin}`);
  expect(await ask(gateway.origin, '/data')).toMatchObject({ status: 502 });
  expect(replica.seen).toHaveLength(1);
});

test('a chunk that is none breaks the client’s connection: what went out cannot be taken back', async () => {
  await using replica = await startRawReplica(
    () => 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n1;ext\r\ny\r\n0\r\n\r\n',
  );
  await using gateway = await startGateway(`data=${replica.origin}`);
  await expect(ask(gateway.origin, '/data')).rejects.toThrow(/aborted|hang up|ECONNRESET/);
});

test('a body goes to the replica framed once, as it was announced (security 145)', async () => {
  await using replica = await startRawReplica(() => answer('ok'));
  await using gateway = await startGateway(`data=${replica.origin}`);
  const post = (headers: string): Promise<string> =>
    askRaw(gateway.port, `POST /data HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${headers}`);
  await post('Content-Length: 0003\r\n\r\nabc');
  await post('Transfer-Encoding: CHUNKED\r\n\r\n3;a=b\r\nabc\r\n0\r\nTrailer: x\r\n\r\n');
  await until(() => replica.seen.length >= 2);
  const heads = replica.seen.filter((text) => text.startsWith('POST'));
  expect(heads[0]).toMatch(/\r\ncontent-length: 3\r\n/);
  expect(heads[0]).not.toMatch(/transfer-encoding/i);
  expect(heads[1]).toMatch(/\r\ntransfer-encoding: chunked\r\n/);
  expect(heads[1]).not.toMatch(/content-length/i);
});

test.each([
  ['its head', 'HTTP/1.1 200 OK\r\ncontent-le'],
  ['a body that is held until it is whole', 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nha'],
])('an answer that goes no further than %s is 504', async (_what, begin) => {
  await using replica = await startRawReplica(() => begin);
  await using gateway = await startGateway(`data=${replica.origin}`, { ANSWER_TIMEOUT_MS: '200' });
  expect(await ask(gateway.origin, '/data')).toMatchObject({ status: 504 });
  expect(replica.seen).toHaveLength(1);
  await until(() => replica.askedOn[0]?.destroyed === true);
});
