import { createPublicKey, hash, verify, type KeyObject, type webcrypto } from 'node:crypto';
import { isWeakKey } from './weak-key.ts';

/** Signature algorithms that can be allowed; all asymmetric, none is chosen by a token (RFC 8725 §3.1). */
export type SignatureAlgorithm = 'ES256' | 'EdDSA' | 'Ed25519' | 'RS256' | 'PS256';

/** A published key of an issuer, ready to verify. One key has one algorithm (security 3). */
export interface VerificationKey {
  readonly kid: string;
  readonly algorithm: SignatureAlgorithm;
  /** Tells this key from another one, or from itself for another algorithm, under the same `kid`. */
  readonly thumbprint: string;
  /** Set when the issuer no longer publishes the key: from then on nothing it signed is valid. */
  withdrawn: boolean;
  /** Whether the signature over the text (ASCII) was made with this key. Never throws. */
  verifies(signedInput: string, signature: Buffer): boolean;
}

interface Scheme {
  readonly kty: string;
  readonly crv?: string;
  readonly verifies: (key: KeyObject, input: Buffer, signature: Buffer) => boolean;
}

const ED25519: Scheme = {
  kty: 'OKP',
  crv: 'Ed25519',
  verifies: (key, input, signature) => signature.length === 64 && verify(null, input, key, signature),
};

const SCHEMES: Readonly<Record<SignatureAlgorithm, Scheme>> = {
  ES256: {
    kty: 'EC',
    crv: 'P-256',
    // RFC 7518 §3.4: r and s of 32 bytes each.
    verifies: (key, input, signature) =>
      signature.length === 64 && verify('sha256', input, { key, dsaEncoding: 'ieee-p1363' }, signature),
  },
  EdDSA: ED25519,
  Ed25519: ED25519,
  RS256: { kty: 'RSA', verifies: (key, input, signature) => verify('sha256', input, key, signature) },
  PS256: {
    kty: 'RSA',
    verifies: (key, input, signature) =>
      verify('sha256', input, { key, padding: RSA_PSS, saltLength: 32 }, signature),
  },
};

const RSA_PSS = 6;
const MAX_KID_LENGTH = 128;
// RFC 7518 §6.2.2, §6.3.2, §6.4.1; RFC 8037 §2: none of them is part of a public key (security 34).
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

/**
 * Makes a verification key of a JWK (RFC 7517) if it is fit to verify access tokens: public, with `kid` and an allowed
 * `alg` of its own, for signatures, of sufficient strength.
 *
 * @returns the key, or undefined when the JWK is not fit
 */
export function importVerificationKey(
  jwk: unknown,
  allowed: readonly SignatureAlgorithm[],
): VerificationKey | undefined {
  if (typeof jwk !== 'object' || jwk === null) return undefined;
  const { kid, alg, kty, crv } = jwk as Readonly<Record<string, unknown>>;
  const algorithm = allowed.find((candidate) => candidate === alg);
  if (typeof kid !== 'string' || kid.length === 0 || kid.length > MAX_KID_LENGTH || algorithm === undefined)
    return undefined;
  const scheme = SCHEMES[algorithm];
  if (!isForVerifying(jwk) || PRIVATE_MEMBERS.some((name) => Object.hasOwn(jwk, name))) return undefined;
  if (kty !== scheme.kty || crv !== scheme.crv) return undefined;
  const key = publicKey(jwk);
  if (key === undefined || isWeakKey(key)) return undefined;
  return {
    kid,
    algorithm,
    thumbprint: `${algorithm} ${hash('sha256', key.export({ format: 'der', type: 'spki' }))}`,
    withdrawn: false,
    verifies(signedInput, signature) {
      try {
        return scheme.verifies(key, Buffer.from(signedInput, 'latin1'), signature);
      } catch {
        return false;
      }
    },
  };
}

function publicKey(jwk: webcrypto.JsonWebKey): KeyObject | undefined {
  try {
    return createPublicKey({ key: jwk, format: 'jwk' });
  } catch {
    return undefined;
  }
}

/** RFC 7517 §4.2, §4.3: what the JWK says it is for, where it says so. */
function isForVerifying({ use, key_ops: operations }: webcrypto.JsonWebKey): boolean {
  return (
    (use === undefined || use === 'sig') &&
    (operations === undefined || (Array.isArray(operations) && operations.includes('verify')))
  );
}
