import { createPublicKey } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import process, { argv } from 'node:process';
import fastifyJwt from '@fastify/jwt';
import { reportPort } from '@roomkey/experiment';
import { createVerifier, openIssuerView } from '@roomkey/resource-server';
import { bearerAuth } from '@roomkey/resource-server/fastify';
import fastify, { type FastifyInstance } from 'fastify';
import { SCOPE } from '../published-tokens.ts';

/** One route that answers a short JSON text, in each design of asking for a token. */
const DESIGNS: Readonly<Record<string, (app: FastifyInstance) => Promise<void>>> = {
  async bare(app) {
    app.get('/', answer);
  },

  async roomkey(app) {
    const view = await openIssuerView({
      issuer: setting('ISSUER'),
      jwksUrl: setting('JWKS_URL'),
      statusListsUrl: setting('STATUS_LISTS_URL'),
    });
    const verifier = createVerifier({ issuers: [{ view, audience: setting('AUDIENCE') }] });
    await app.register(bearerAuth, { verifier });
    app.get('/', { config: { scope: SCOPE } }, answer);
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

function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
}

const app = fastify();
await DESIGNS[argv[2] ?? '']?.(app);
await app.listen({ host: '127.0.0.1', port: 0 });
reportPort((app.server.address() as AddressInfo).port);
