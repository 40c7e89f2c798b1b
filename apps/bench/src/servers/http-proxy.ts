import type { AddressInfo } from 'node:net';
import { argv } from 'node:process';
import httpProxy from '@fastify/http-proxy';
import { reportPort } from '@roomkey/experiment';
import fastify from 'fastify';

/** As its documentation says: everything below one path goes to one upstream. */
const app = fastify();
await app.register(httpProxy, { upstream: argv[2] ?? '', prefix: '/data', rewritePrefix: '/data' });
await app.listen({ host: '127.0.0.1', port: 0 });
reportPort((app.server.address() as AddressInfo).port);
