import { createServer, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { argv } from 'node:process';
import { listenMeasured } from '@roomkey/experiment/measured';

/**
 * The least that a balancer on Node's HTTP server can do, and no balancer: each request is read by that server, one of the size
 * that ours sends on goes to the upstream, and what comes back is answered. Nothing is looked at, chosen, checked or handed on;
 * both texts are fixed. What ours needs beyond this is its own.
 */
const upstream = new URL(argv[2] ?? '');
const REQUEST = [
  'GET /data/documents/1 HTTP/1.1',
  'accept: application/json',
  'user-agent: roomkey-bench',
  `authorization: Bearer ${'x'.repeat(450)}`,
  'host: 127.0.0.1',
  'x-forwarded-host: 127.0.0.1',
  'x-forwarded-proto: http',
  'x-forwarded-for: 127.0.0.1',
  'x-request-id: 00000000-0000-4000-8000-000000000000',
  'via: 1.1 roomkey',
  '\r\n',
].join('\r\n');
const BODY = JSON.stringify({ hello: 'world' });
const HEADERS = [
  ['content-type', 'application/json; charset=utf-8'],
  ['content-length', String(BODY.length)],
  ['cache-control', 'no-store'],
  ['x-content-type-options', 'nosniff'],
  ['x-served-by', 'upstream'],
  ['x-request-id', '00000000-0000-4000-8000-000000000000'],
].flat();
const READ_BUFFER = Buffer.allocUnsafeSlow(64 * 1024);

interface Connection {
  readonly socket: Socket;
  response: ServerResponse;
}
const idle: Connection[] = [];

function open(response: ServerResponse): void {
  const onread = {
    buffer: READ_BUFFER,
    callback: (): boolean => {
      idle.push(connection);
      connection.response.writeHead(200, HEADERS).end(BODY, 'latin1');
      return true;
    },
  };
  const socket = connect({ host: upstream.hostname, port: Number(upstream.port), noDelay: true, onread });
  const connection: Connection = { socket, response };
  socket.write(REQUEST, 'latin1');
}

const server = createServer({ optimizeEmptyRequests: true }, (_request, response) => {
  const connection = idle.pop();
  if (connection === undefined) {
    open(response);
    return;
  }
  connection.response = response;
  connection.socket.write(REQUEST, 'latin1');
});
listenMeasured(server);
