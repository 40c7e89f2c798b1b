import { createServer } from 'node:http';
import { listenMeasured } from '@roomkey/experiment/measured';

/** What stands behind a balancer that is measured: as little as a service can do, with the headers that ours send. */
const BODY = JSON.stringify({ hello: 'world' });
const HEAD = {
  'content-type': 'application/json; charset=utf-8',
  'content-length': Buffer.byteLength(BODY),
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'x-served-by': 'upstream',
};

const server = createServer((_request, response) => {
  response.writeHead(200, HEAD).end(BODY);
});
server.keepAliveTimeout = 0;
listenMeasured(server);
