import { importVerificationKey, type SignatureAlgorithm, type VerificationKey } from './verification-key.ts';

/**
 * Reads a JWK Set (RFC 7517 §5) and carries known keys over, so that a key is made once; keys that are no longer published are
 * marked as withdrawn. Keys that are not fit are left out, as §5 asks.
 *
 * @param body the document's bytes
 * @param allowed algorithms that may verify
 * @param known keys of the last good set
 * @throws when the document is no JWK Set, holds one `kid` twice, or not one fit key: the caller keeps what it has
 */
export function importJwks(
  body: Buffer,
  allowed: readonly SignatureAlgorithm[],
  known: ReadonlyMap<string, VerificationKey>,
): ReadonlyMap<string, VerificationKey> {
  const { keys: jwks } = JSON.parse(body.toString('utf8')) as { keys?: unknown };
  if (!Array.isArray(jwks)) throw new Error('this is no JWK Set');
  const keys = new Map<string, VerificationKey>();
  for (const jwk of jwks) {
    const key = importVerificationKey(jwk, allowed);
    if (key === undefined) continue;
    if (keys.has(key.kid)) throw new Error('the JWK Set holds one kid twice');
    const same = known.get(key.kid);
    keys.set(key.kid, same?.thumbprint === key.thumbprint ? same : key);
  }
  if (keys.size === 0) throw new Error('the JWK Set holds no fit key');
  for (const [kid, key] of known) key.withdrawn ||= keys.get(kid) !== key;
  return keys;
}
