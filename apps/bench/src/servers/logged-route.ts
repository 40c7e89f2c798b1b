import type { AddressInfo } from 'node:net';
import process, { argv } from 'node:process';
import { reportPort } from '@roomkey/experiment';
import { createVerifier, openIssuerView } from '@roomkey/resource-server';
import { bearerAuth } from '@roomkey/resource-server/fastify';
import { createService } from '@roomkey/service';
import { SCOPE } from '../published-tokens.ts';

/** A service as they all stand, with one verified route; the first argument is its log level. */
const view = await openIssuerView({
  issuer: setting('ISSUER'),
  jwksUrl: setting('JWKS_URL'),
  statusListsUrl: setting('STATUS_LISTS_URL'),
});
const app = await createService({
  name: 'bench',
  description: 'One route.',
  logLevel: argv[2] ?? '',
  corsOrigins: '*',
});
await app.register(bearerAuth, {
  verifier: createVerifier({ issuers: [{ view, audience: setting('AUDIENCE') }] }),
});
app.get('/', { config: { scope: SCOPE } }, async () => ({ hello: 'world' }));
await app.listen({ host: '127.0.0.1', port: 0 });
reportPort((app.server.address() as AddressInfo).port);

function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
}
