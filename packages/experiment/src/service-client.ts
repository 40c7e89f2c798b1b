import { generateKeyPairSync, randomUUID, type KeyObject } from 'node:crypto';
import { SignJWT } from 'jose';
import type { Client } from './client.ts';

/** A confidential client with a key of its own, made for an experiment. */
export class ServiceClient {
  readonly id: string;
  readonly #keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });

  constructor(id: string) {
    this.id = id;
  }

  /** As the settings of auth and its administration write it. */
  definition(scopes: readonly string[], resources: readonly string[]) {
    const jwk = {
      ...this.#keys.publicKey.export({ format: 'jwk' }),
      kid: 'experiment',
      alg: 'ES256',
      use: 'sig',
    };
    return {
      id: this.id,
      kind: 'confidential',
      grants: ['client_credentials'],
      scopes,
      resources,
      signing_algorithm: 'ES256',
      jwks: { keys: [jwk] },
    };
  }

  /** A card of the client's own (RFC 6749 §4.4, RFC 7523 §2.2) for some resources. */
  async card(desk: Client, issuer: string, resources: readonly string[]): Promise<string> {
    const form = [
      ['grant_type', 'client_credentials'],
      ['client_assertion_type', 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'],
      ['client_assertion', await assertion(this.id, issuer, this.#keys.privateKey)],
      ...resources.map((resource) => ['resource', resource]),
    ];
    const answer = await desk.expect<{ access_token: string }>(200, '/auth/token', { method: 'POST', form });
    return answer.access_token;
  }
}

function assertion(id: string, issuer: string, key: KeyObject): Promise<string> {
  return new SignJWT({})
    .setProtectedHeader({ alg: 'ES256', kid: 'experiment', typ: 'JWT' })
    .setIssuer(id)
    .setSubject(id)
    .setAudience(issuer)
    .setJti(randomUUID())
    .setIssuedAt()
    .setExpirationTime('60 s')
    .sign(key);
}
