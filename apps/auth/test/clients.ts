import { randomUUID } from 'node:crypto';
import type { Service } from '@roomkey/service';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey } from 'jose';
import { IMAGE, ISSUER, postForm, PROFILE } from './desk.ts';

/** A confidential client with a key made at run time. */
export interface TestClient {
  readonly id: string;
  readonly kid: string;
  readonly privateKey: CryptoKey;
  /** As the CLIENTS setting and the administration API take it. */
  readonly definition: Readonly<Record<string, unknown>>;
}

export const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
export const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
export const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** A client that is the profile service, and may ask image on a user's behalf; what is given replaces that. */
export async function makeClient(
  id: string,
  more: Readonly<Record<string, unknown>> = {},
  algorithm = 'ES256',
): Promise<TestClient> {
  const { publicKey, privateKey } = await generateKeyPair(algorithm, { extractable: true });
  const kid = randomUUID();
  const jwk = { ...(await exportJWK(publicKey)), kid, alg: algorithm, use: 'sig' };
  return {
    id,
    kid,
    privateKey,
    definition: {
      id,
      kind: 'confidential',
      grants: ['client_credentials', EXCHANGE],
      scopes: ['image:read', 'profile:read'],
      resources: [IMAGE, PROFILE],
      own_resources: [PROFILE],
      exchange: [{ resource: IMAGE, scopes: ['image:read'] }],
      signing_algorithm: algorithm,
      jwks: { keys: [jwk] },
      ...more,
    },
  };
}

export const CLIENTS = (...clients: readonly TestClient[]): { CLIENTS: string } => ({
  CLIENTS: JSON.stringify(clients.map((client) => client.definition)),
});

/** A valid assertion; what is given replaces claims and header members, `undefined` removes them. */
export async function assertion(
  client: TestClient,
  claims: Readonly<Record<string, unknown>> = {},
  header: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const now = Math.floor(Date.now() / 1_000);
  return new SignJWT({
    iss: client.id,
    sub: client.id,
    aud: ISSUER,
    iat: now,
    exp: now + 60,
    jti: randomUUID(),
    ...claims,
  })
    .setProtectedHeader({ alg: 'ES256', kid: client.kid, ...header })
    .sign(client.privateKey);
}

/** A form sent by a client that authenticates. */
export async function postAs(
  app: Service,
  client: TestClient,
  url: string,
  form: Readonly<Record<string, string | undefined>>,
) {
  const given = Object.entries(form).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return postForm(app, url, {
    client_assertion_type: ASSERTION_TYPE,
    client_assertion: await assertion(client),
    ...Object.fromEntries(given),
  });
}

/** Exchanges a token for one for the image service; what is given replaces parameters, `undefined` removes them. */
export function exchange(
  app: Service,
  client: TestClient,
  subjectToken: string,
  more: Readonly<Record<string, string | undefined>> = {},
) {
  return postAs(app, client, '/auth/token', {
    grant_type: EXCHANGE,
    subject_token: subjectToken,
    subject_token_type: ACCESS_TOKEN,
    resource: IMAGE,
    ...more,
  });
}
