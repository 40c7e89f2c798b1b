import type { Service } from '@roomkey/service';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { expect, test } from 'vitest';
import { ACCESS_TOKEN, CLIENTS, EXCHANGE, makeClient } from './clients.ts';
import { claimsOf, IMAGE, ISSUER, openDesk, register, signIn } from './desk.ts';

/** The network as a client sees it: the issuer's public address, behind it replicas that take turns. */
async function balance(replicas: readonly Service[]) {
  const origins = await Promise.all(replicas.map((app) => app.listen({ host: '127.0.0.1', port: 0 })));
  let turn = 0;
  return (url: string, init: object): Promise<Response> => {
    const origin = origins[turn++ % origins.length];
    if (!url.startsWith(ISSUER)) throw new Error(`a request left the system: ${url}`);
    return fetch(`${origin}${url.slice(ISSUER.length)}`, init);
  };
}

test('openid-client goes through discovery, client credentials, exchange, refresh, revocation and introspection', async () => {
  await using desk = await openDesk();
  const profile = await makeClient('profile');
  const replicas = [
    await desk.replica({ env: CLIENTS(profile) }),
    await desk.replica({ env: CLIENTS(profile) }),
  ];
  const [app] = replicas as [Service, Service];
  await register(app, 'ada');
  const card = await signIn(app, 'ada');
  const network = await balance(replicas);
  const options = { [openid.customFetch]: network, algorithm: 'oauth2' } as const;

  const key = openid.PrivateKeyJwt({ key: profile.privateKey, kid: profile.kid });
  const service = await openid.discovery(new URL(ISSUER), 'profile', undefined, key, options);
  const front = await openid.discovery(new URL(ISSUER), 'app', undefined, openid.None(), options);

  const own = await openid.clientCredentialsGrant(service, { resource: IMAGE, scope: 'image:read' });
  expect(claimsOf(own.access_token)).toMatchObject({ sub: 'profile', aud: IMAGE, scope: 'image:read' });

  const exchanged = await openid.genericGrantRequest(service, EXCHANGE, {
    subject_token: card.access_token,
    subject_token_type: ACCESS_TOKEN,
    resource: IMAGE,
  });
  expect(exchanged).toMatchObject({
    issued_token_type: ACCESS_TOKEN,
    token_type: 'bearer',
    scope: 'image:read',
  });
  expect(claimsOf(exchanged.access_token)).toMatchObject({ act: { sub: 'profile' }, aud: IMAGE });

  const refreshed = await openid.refreshTokenGrant(front, card.refresh_token);
  expect(await openid.tokenIntrospection(service, refreshed.access_token)).toMatchObject({ active: true });
  await openid.tokenRevocation(front, refreshed.access_token);
  expect(await openid.tokenIntrospection(service, refreshed.access_token)).toEqual({ active: false });
  await openid.tokenRevocation(front, refreshed.refresh_token ?? '');
  await expect(openid.refreshTokenGrant(front, refreshed.refresh_token ?? '')).rejects.toMatchObject({
    error: 'invalid_grant',
  });
  expect(await openid.tokenIntrospection(service, card.access_token)).toEqual({ active: false });
});

test('oauth4webapi validates the metadata, and each of its answers is what the specification says', async () => {
  await using desk = await openDesk();
  const profile = await makeClient('profile');
  const app = await desk.replica({ env: CLIENTS(profile) });
  const options = { [oauth.customFetch]: await balance([app]) };
  for (const algorithm of ['oauth2', 'oidc'] as const) {
    const issuer = new URL(ISSUER);
    const response = await oauth.discoveryRequest(issuer, { ...options, algorithm });
    const server = await oauth.processDiscoveryResponse(issuer, response);
    const client = { client_id: 'profile' };
    const key = oauth.PrivateKeyJwt({ key: profile.privateKey, kid: profile.kid });
    const granted = await oauth.processClientCredentialsResponse(
      server,
      client,
      await oauth.clientCredentialsGrantRequest(server, client, key, { resource: IMAGE }, options),
    );
    expect(granted.expires_in).toBe(300);
    await oauth.processRevocationResponse(
      await oauth.revocationRequest(server, client, key, granted.access_token, options),
    );
    const answer = await oauth.introspectionRequest(server, client, key, granted.access_token, options);
    expect(await oauth.processIntrospectionResponse(server, client, answer)).toEqual({ active: false });
  }
});
