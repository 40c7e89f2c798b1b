import { generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { httpRequest } from '@roomkey/experiment';
import { ISSUER, RESOURCE, SCOPES } from './desk-under-test.ts';

const ID = 'bench';
const LIFETIME_SECONDS = 240;

/** A client that proves who it is by `private_key_jwt` (RFC 7523), ES256, each time anew. */
export class AssertingClient {
  readonly #keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });

  get #publicJwk() {
    return { ...this.#keys.publicKey.export({ format: 'jwk' }), kid: ID, alg: 'ES256', use: 'sig' };
  }

  /** As the setting CLIENTS of auth takes it. */
  get definition() {
    return {
      id: ID,
      kind: 'confidential',
      grants: ['client_credentials'],
      scopes: SCOPES,
      resources: [RESOURCE],
      signing_algorithm: 'ES256',
      jwks: { keys: [this.#publicJwk] },
    };
  }

  /** As OpenID Connect Dynamic Client Registration 1.0 §2 writes it. */
  get metadata() {
    return {
      client_id: ID,
      grant_types: ['client_credentials'],
      response_types: [],
      redirect_uris: [],
      scope: SCOPES.join(' '),
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_signing_alg: 'ES256',
      id_token_signed_response_alg: 'ES256',
      jwks: { keys: [this.#publicJwk] },
    };
  }

  /** Whole token requests, each good once: signed before anything is measured. */
  tokenRequests(path: string, count: number): Buffer[] {
    const form = new URLSearchParams({
      grant_type: 'client_credentials',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      resource: RESOURCE,
      scope: SCOPES.join(' '),
    }).toString();
    return Array.from({ length: count }, () =>
      httpRequest(
        'POST',
        path,
        { 'content-type': 'application/x-www-form-urlencoded' },
        `${form}&client_assertion=${this.#assertion()}`,
      ),
    );
  }

  #assertion(): string {
    const iat = Math.floor(Date.now() / 1_000);
    const header = { alg: 'ES256', kid: ID, typ: 'JWT' };
    const claims = { iss: ID, sub: ID, aud: ISSUER, jti: randomUUID(), iat, exp: iat + LIFETIME_SECONDS };
    const input = `${base64url(header)}.${base64url(claims)}`;
    const key = { key: this.#keys.privateKey, dsaEncoding: 'ieee-p1363' } as const;
    return `${input}.${sign('sha256', Buffer.from(input), key).toString('base64url')}`;
  }
}

function base64url(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
