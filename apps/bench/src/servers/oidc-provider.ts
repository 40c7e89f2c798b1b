import { generateKeyPairSync } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import process from 'node:process';
import { reportPort } from '@roomkey/experiment/measured';
import { Provider, type ClientMetadata } from 'oidc-provider';

/** oidc-provider as its documentation says, with what a desk for services needs and nothing else; its store is its own, in memory. */
const { ISSUER = '', RESOURCE = '', SCOPE = '', CLIENT = '' } = process.env;
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const provider = new Provider(ISSUER, {
  clients: [JSON.parse(CLIENT) as ClientMetadata],
  clientAuthMethods: ['private_key_jwt'],
  scopes: SCOPE.split(' '),
  jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), kty: 'EC', alg: 'ES256', use: 'sig' }] },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: () => ({
        scope: SCOPE,
        audience: RESOURCE,
        accessTokenTTL: 300,
        accessTokenFormat: 'jwt',
        jwt: { sign: { alg: 'ES256' } },
      }),
    },
  },
});
const server = provider.listen(0, '127.0.0.1', () => reportPort((server.address() as AddressInfo).port));
