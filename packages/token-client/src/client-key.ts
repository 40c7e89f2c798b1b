import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomUUID,
  type KeyObject,
  type webcrypto,
} from 'node:crypto';
import type { PrivateKey } from 'oauth4webapi';

export type JsonWebKey = webcrypto.JsonWebKey;

const NOT_A_KEY = 'a client key is a P-256 private key, as a JWK (an object or its JSON) or as PEM';

/**
 * Reads the private key a client proves itself with (`private_key_jwt`, signed with ES256).
 *
 * @param given a JWK, or the text of one, or PEM (PKCS #8, SEC 1)
 * @throws {TypeError} when it is anything else; the message holds nothing of it
 */
export function readClientKey(given: string | JsonWebKey): PrivateKey {
  const jwk = typeof given === 'string' && !given.trimStart().startsWith('{') ? undefined : parseJwk(given);
  const key = importKey(jwk ?? given);
  if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') throw new TypeError(NOT_A_KEY);
  const kid = jwk !== undefined && 'kid' in jwk && typeof jwk.kid === 'string' ? { kid: jwk.kid } : {};
  return { key: key.toCryptoKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign']), ...kid };
}

function parseJwk(given: string | JsonWebKey): JsonWebKey {
  if (typeof given !== 'string') return given;
  try {
    return JSON.parse(given) as JsonWebKey;
  } catch {
    throw new TypeError(NOT_A_KEY);
  }
}

function importKey(material: string | JsonWebKey): KeyObject {
  try {
    return typeof material === 'string'
      ? createPrivateKey(material)
      : createPrivateKey({ key: material, format: 'jwk' });
  } catch {
    throw new TypeError(NOT_A_KEY);
  }
}

/** Makes a key for a client: the JSON of a private JWK, for a secret file. */
export function generateClientKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return JSON.stringify({
    ...privateKey.export({ format: 'jwk' }),
    kid: randomUUID(),
    alg: 'ES256',
    use: 'sig',
  });
}

/**
 * The public half of such a key, for the client's registration.
 *
 * @throws {TypeError} when it is not the JSON of a private P-256 JWK
 */
export function publicClientKey(privateJwk: string): JsonWebKey {
  const jwk = parseJwk(privateJwk);
  const { kid, alg, use } = jwk as Record<string, unknown>;
  return { ...createPublicKey(importKey(jwk)).export({ format: 'jwk' }), kid, alg, use } as JsonWebKey;
}
