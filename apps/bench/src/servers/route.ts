import { createPublicKey } from 'node:crypto';
import { argv } from 'node:process';
import fastifyJwt from '@fastify/jwt';
import { serveMeasured } from '@roomkey/experiment/measured';
import { bearerAuth } from '@roomkey/resource-server/fastify';
import fastify, { type FastifyInstance, type onRequestHookHandler } from 'fastify';
import { SCOPE } from '../published-tokens.ts';
import { openToldVerifier, setting } from '../told-verifier.ts';

/** One route that answers a short JSON text, in each design of asking for a token. */
const DESIGNS: Readonly<Record<string, (app: FastifyInstance) => Promise<void>>> = {
  async bare(app) {
    app.get('/', answer);
  },

  // What any check costs, before it does anything.
  async 'idle-hook'(app) {
    const onRequest: onRequestHookHandler = (_request, _reply, done) => done();
    app.get('/', { onRequest }, answer);
  },

  async roomkey(app) {
    await app.register(bearerAuth, { verifier: await openToldVerifier() });
    app.get('/', { config: { scope: SCOPE } }, answer);
  },

  // No check, but the least that every check of a header comes down to: finding it among those that were seen before.
  async 'look-up'(app) {
    const seen = new Map<string, string>();
    app.decorateRequest('seen', '');
    const onRequest: onRequestHookHandler = (request, _reply, done) => {
      // As they came: to have them sorted by name would cost more than to find one.
      const { rawHeaders } = request.raw;
      const authorization = rawHeaders[rawHeaders.indexOf('authorization') + 1] ?? '';
      let found = seen.get(authorization);
      if (found === undefined) seen.set(authorization, (found = authorization));
      request.setDecorator('seen', found);
      done();
    };
    app.get('/', { onRequest }, answer);
  },

  // As its documentation says, with everything it can check, and a cache that holds all tokens.
  async 'fastify-jwt'(app) {
    const key = createPublicKey({ key: JSON.parse(setting('JWK')), format: 'jwk' });
    await app.register(fastifyJwt, {
      secret: { public: key.export({ type: 'spki', format: 'pem' }) },
      verify: {
        algorithms: ['ES256'],
        allowedIss: setting('ISSUER'),
        allowedAud: setting('AUDIENCE'),
        cache: 20_000,
      },
    });
    app.get('/', { onRequest: (request) => request.jwtVerify() }, answer);
  },
};

const answer = async () => ({ hello: 'world' });

const app = fastify();
await DESIGNS[argv[2] ?? '']?.(app);
await serveMeasured(app);
