import { argv } from 'node:process';
import httpProxy from '@fastify/http-proxy';
import { serveMeasured } from '@roomkey/experiment/measured';
import fastify from 'fastify';

/** As its documentation says: everything below one path goes to one upstream. */
const app = fastify();
await app.register(httpProxy, { upstream: argv[2] ?? '', prefix: '/data', rewritePrefix: '/data' });
await serveMeasured(app);
