import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { startHealthCheck } from '../src/health-check.ts';
import { Replica } from '../src/replica.ts';
import { until } from './gateway-under-test.ts';

const READY = 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n';

test.each([
  ['nothing', ''],
  ['half a head', 'HTTP/1.1 200 OK\r\ncontent-le'],
  ['half a body', 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nha'],
  ['a promise', 'HTTP/1.1 102 Processing\r\n\r\n'],
  ['another protocol', 'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: other\r\n\r\n'],
])('a check that is answered with %s fails, and is followed by the next one', async (_what, answer) => {
  const changes: boolean[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', () => socket.write(changes.length === 1 ? answer : READY));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const replica = new Replica(`http://127.0.0.1:${port}`, { connectMs: 1_000, answerMs: 1_000 });
  replica.onReadyChange = ({ ready }) => changes.push(ready);
  const stop = startHealthCheck(replica, { intervalMs: 20, timeoutMs: 500 });
  await until(() => changes.length >= 3);
  expect(changes.slice(0, 3)).toEqual([true, false, true]);
  stop();
  for (const socket of sockets) socket.destroy();
  server.close();
});
