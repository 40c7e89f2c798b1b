import type { KeyObject } from 'node:crypto';

const MIN_RSA_BITS = 2048;
const MIN_RSA_EXPONENT = 65_537n;

/** Whether a public key is one that others than its owner can sign for (security 22, 35). node:crypto has validated EC points. */
export function isWeakKey(key: KeyObject): boolean {
  if (key.asymmetricKeyType === 'ed25519') return isSmallOrderPoint(publicMember(key, 'x'));
  if (key.asymmetricKeyType !== 'rsa') return false;
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
  return (
    modulusLength < MIN_RSA_BITS ||
    publicExponent < MIN_RSA_EXPONENT ||
    hasRocaFingerprint(bigEndian(publicMember(key, 'n')))
  );
}

function publicMember(key: KeyObject, name: 'n' | 'x'): Buffer {
  return Buffer.from(key.export({ format: 'jwk' })[name] ?? '', 'base64url');
}

function bigEndian(bytes: Buffer): bigint {
  return BigInt(`0x${bytes.toString('hex')}`);
}

const ED25519_P = 2n ** 255n - 19n;
const ORDER_EIGHT_Y = 0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n;
/** y-coordinates of the points whose order divides 8, RFC 8032's and the non-canonical forms that decode to them. */
const SMALL_ORDER_Y: ReadonlySet<bigint> = new Set([
  0n,
  1n,
  ORDER_EIGHT_Y,
  ED25519_P - ORDER_EIGHT_Y,
  ED25519_P - 1n,
  ED25519_P,
  ED25519_P + 1n,
]);

/** RFC 8032 §5.1.2: y in little-endian order, the sign of x in the last bit. Under such a key one signature fits many texts. */
function isSmallOrderPoint(encoded: Buffer): boolean {
  const y = bigEndian(Buffer.from(encoded.toReversed())) & (2n ** 255n - 1n);
  return SMALL_ORDER_Y.has(y);
}

const SMALL_PRIMES = [
  3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107,
  109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
];
const POWERS_OF_GENERATOR = SMALL_PRIMES.map((prime) => powersModulo(65_537, prime));

/**
 * Nemec, Sys, Svenda, Klinec, Matyas, "The Return of Coppersmith's Attack" (ACM CCS 2017): the library's primes are
 * k·M + 65537^a mod M, so the modulus is a power of 65537 modulo every small prime. A sound modulus is that once in 2^28.
 */
function hasRocaFingerprint(modulus: bigint): boolean {
  return SMALL_PRIMES.every((prime, at) => POWERS_OF_GENERATOR[at]?.has(Number(modulus % BigInt(prime))));
}

function powersModulo(generator: number, prime: number): ReadonlySet<number> {
  const powers = new Set<number>();
  for (let power = 1; !powers.has(power); power = (power * generator) % prime) powers.add(power);
  return powers;
}
