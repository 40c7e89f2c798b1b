import { generateKeyPairSync } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import process from 'node:process';
import { reportPort } from '@roomkey/experiment/measured';
import { Provider } from 'oidc-provider';

/** A certified OpenID provider that is not ours, with keys and scope names of its own; everything in memory. */
const { ISSUER = '', SCOPE = '', CLIENT_ID = '', CLIENT_SECRET = '' } = process.env;
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const provider = new Provider(ISSUER, {
  clients: [
    {
      client_id: CLIENT_ID,
      client_secret: CLIENT_SECRET,
      grant_types: ['client_credentials'],
      response_types: [],
      redirect_uris: [],
      scope: SCOPE,
      token_endpoint_auth_method: 'client_secret_post',
      id_token_signed_response_alg: 'ES256',
    },
  ],
  clientAuthMethods: ['client_secret_post'],
  scopes: SCOPE.split(' '),
  jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), kty: 'EC', alg: 'ES256', use: 'sig' }] },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    revocation: { enabled: true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: (_ctx, resource) => ({
        scope: SCOPE,
        audience: resource,
        accessTokenTTL: 300,
        accessTokenFormat: 'jwt',
        jwt: { sign: { alg: 'ES256' } },
      }),
    },
  },
});
const server = provider.listen(0, '127.0.0.1', () => reportPort((server.address() as AddressInfo).port));
