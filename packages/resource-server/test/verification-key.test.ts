import { checkPrimeSync, generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { importVerificationKey, type SignatureAlgorithm } from '../src/index.ts';
import { importJwks } from '../src/jwks.ts';
import { createKey, type Json } from './desk.ts';
import { base64url, integer, littleEndian } from './integers.ts';

const ALL: readonly SignatureAlgorithm[] = ['ES256', 'EdDSA', 'Ed25519', 'RS256', 'PS256'];

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const jwkOf = (key: KeyObject, members: Json): Json => ({ ...key.export({ format: 'jwk' }), ...members });
const rsaJwk = jwkOf(rsa.publicKey, { kid: 'rsa', alg: 'RS256' });
const { jwk: ecJwk, privateKey: ecPrivateKey } = createKey('ec');
const edJwk = jwkOf(generateKeyPairSync('ed25519').publicKey, { kid: 'ed', alg: 'EdDSA' });

const isFit = (jwk: unknown) => importVerificationKey(jwk, ALL) !== undefined;

test('the keys that the others are made of are fit', () => {
  for (const jwk of [rsaJwk, ecJwk, edJwk, { ...edJwk, alg: 'Ed25519' }, { ...rsaJwk, alg: 'PS256' }])
    expect(isFit(jwk)).toBe(true);
  expect(isFit({ ...ecJwk, use: undefined, key_ops: ['verify'] })).toBe(true);
});

describe('a key is not fit', () => {
  test.each<[string, unknown]>([
    ['when it is nothing', undefined],
    ['when it is null', null],
    ['when it is text', 'key'],
    ['without a kid', { ...ecJwk, kid: undefined }],
    ['with an empty kid', { ...ecJwk, kid: '' }],
    ['with a kid that is no text', { ...ecJwk, kid: 1 }],
    ['with an endless kid', { ...ecJwk, kid: 'x'.repeat(129) }],
    ['without an alg', { ...ecJwk, alg: undefined }],
    ['with an alg that is not allowed', { ...ecJwk, alg: 'ES384' }],
    ['with alg none', { ...ecJwk, alg: 'none' }],
    ['with an alg in an array', { ...ecJwk, alg: ['ES256'] }],
    ['for encryption', { ...ecJwk, use: 'enc' }],
    ['for signing alone', { ...ecJwk, key_ops: ['sign'] }],
    ['for what is no list of operations', { ...ecJwk, key_ops: 'verify' }],
    ['with an RSA alg on a curve', { ...ecJwk, alg: 'RS256' }],
    ['with a curve alg on RSA', { ...rsaJwk, alg: 'ES256' }],
    ['with another curve', { ...ecJwk, crv: 'P-384' }],
    [
      'on another curve',
      jwkOf(generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey, { kid: 'k', alg: 'ES256' }),
    ],
    [
      'on secp256k1',
      jwkOf(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey, { kid: 'k', alg: 'ES256' }),
    ],
    ['for agreement', jwkOf(generateKeyPairSync('x25519').publicKey, { kid: 'k', alg: 'EdDSA' })],
    ['on Ed448', jwkOf(generateKeyPairSync('ed448').publicKey, { kid: 'k', alg: 'EdDSA' })],
    ['when it is symmetric', { kty: 'oct', k: 'AAAA', kid: 'k', alg: 'HS256' }],
    ['when it is symmetric and says otherwise', { kty: 'oct', k: 'AAAA', kid: 'k', alg: 'ES256' }],
    ['with a symmetric part', { ...ecJwk, k: 'AAAA' }],
    ['with a private part of a curve', jwkOf(ecPrivateKey, { kid: 'k', alg: 'ES256' })],
    ['with all private parts of RSA', jwkOf(rsa.privateKey, { kid: 'k', alg: 'RS256' })],
    ...['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth'].map((name): [string, unknown] => [
      `with the private part ${name} of RSA`,
      { ...rsaJwk, [name]: 'AQAB' },
    ]),
    ['with a private part that is null', { ...ecJwk, d: null }],
    ['without its point', { ...ecJwk, x: undefined }],
    ['with an empty point', { ...ecJwk, x: '', y: '' }],
    ['at the origin', { ...ecJwk, x: base64url(0n, 32), y: base64url(0n, 32) }],
    ['off the curve', { ...ecJwk, y: flipLastBit(String(ecJwk['y'])) }],
    ['with the other coordinate', { ...ecJwk, y: ecJwk['x'] }],
    ['without a modulus', { ...rsaJwk, n: undefined }],
    ['with an empty modulus', { ...rsaJwk, n: '' }],
    ['with a short Ed25519 point', { ...edJwk, x: 'AAAA' }],
  ])('%s (security 2, 3, 26, 34, 35)', (_name, jwk) => {
    expect(importVerificationKey(jwk, ALL)).toBeUndefined();
  });

  test.each([512, 1024, 2040])('with an RSA modulus of %i bits (security 35)', (modulusLength) => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength });
    expect(isFit(jwkOf(publicKey, { kid: 'k', alg: 'RS256' }))).toBe(false);
  });

  test.each([0n, 1n, 2n, 3n, 17n, 65_535n])('with the RSA exponent %i (security 35)', (e) => {
    expect(isFit({ ...rsaJwk, e: base64url(e) })).toBe(false);
  });

  test('with a modulus as the library of ROCA made them (security 35)', () => {
    const modulus = rocaPrime() * rocaPrime();
    expect(modulus.toString(2)).toHaveLength(2048);
    expect(isFit({ ...rsaJwk, n: base64url(modulus) })).toBe(false);
    expect(isFit({ ...rsaJwk, n: base64url(modulus), alg: 'PS256' })).toBe(false);
    // One such prime alone makes no such modulus.
    expect(isFit({ ...rsaJwk, n: base64url(rocaPrime() * oddPrime()) })).toBe(true);
  });

  test('with an Ed25519 point of small order, however it is written (security 22)', () => {
    const p = 2n ** 255n - 19n;
    const eight = 0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n;
    for (const y of [0n, 1n, p - 1n, p, p + 1n, eight, p - eight]) {
      for (const sign of [0n, 1n]) {
        const bytes = littleEndian(Buffer.from(base64url(y + (sign << 255n), 32), 'base64url'));
        expect(isFit({ ...edJwk, x: bytes.toString('base64url') })).toBe(false);
      }
    }
  });

  test('when its algorithm is not among the allowed ones (security 1)', () => {
    expect(importVerificationKey(ecJwk, ['EdDSA', 'RS256'])).toBeUndefined();
    expect(importVerificationKey(ecJwk, [])).toBeUndefined();
  });
});

describe('a set of keys', () => {
  const set = (...keys: readonly unknown[]) => Buffer.from(JSON.stringify({ keys }));

  test('keeps a key that it knows, and withdraws one that is no longer there (security 38)', () => {
    const before = importJwks(set(ecJwk, rsaJwk), ALL, new Map());
    const after = importJwks(set(ecJwk, edJwk), ALL, before);
    expect(after.get('ec')).toBe(before.get('ec'));
    expect(before.get('rsa')?.withdrawn).toBe(true);
    expect(before.get('ec')?.withdrawn).toBe(false);
    expect([...after.keys()]).toEqual(['ec', 'ed']);
  });

  test('takes the same key under another algorithm for another key (security 3)', () => {
    const before = importJwks(set(rsaJwk), ALL, new Map());
    const after = importJwks(set({ ...rsaJwk, alg: 'PS256' }), ALL, before);
    expect(after.get('rsa')?.algorithm).toBe('PS256');
    expect(before.get('rsa')?.withdrawn).toBe(true);
  });

  test('does not withdraw anything when it is refused (security 39)', () => {
    const before = importJwks(set(ecJwk), ALL, new Map());
    expect(() => importJwks(set(), ALL, before)).toThrow('no fit key');
    expect(() => importJwks(set(edJwk, { ...edJwk, x: ecJwk['x'] }), ALL, before)).toThrow('one kid twice');
    expect(before.get('ec')?.withdrawn).toBe(false);
  });

  test('may have a kid that is a name of every object (security 24)', () => {
    const keys = importJwks(
      set({ ...ecJwk, kid: '__proto__' }, { ...edJwk, kid: 'constructor' }),
      ALL,
      new Map(),
    );
    expect([...keys.keys()]).toEqual(['__proto__', 'constructor']);
  });
});

function flipLastBit(text: string): string {
  const bytes = Buffer.from(text, 'base64url');
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  return bytes.toString('base64url');
}

/** "The Return of Coppersmith's Attack": k·M + 65537^a mod M, with M the product of the first 126 primes for 1024 bits. */
function rocaPrime(): bigint {
  const m = firstPrimes(126).reduce((product, prime) => product * prime, 1n);
  for (;;) {
    const residue = modularPower(65_537n, integer(randomBytes(32)), m);
    // The two highest bits are set, so that the product has the full length.
    const lowest = (3n << 1022n) / m + 1n;
    const highest = (4n << 1022n) / m - 1n;
    const prime = (lowest + (integer(randomBytes(16)) % (highest - lowest))) * m + residue;
    if (checkPrimeSync(prime)) return prime;
  }
}

function oddPrime(): bigint {
  for (;;) {
    const prime = (3n << 1022n) | (integer(randomBytes(127)) << 1n) | 1n;
    if (prime < 4n << 1022n && checkPrimeSync(prime)) return prime;
  }
}

function firstPrimes(count: number): bigint[] {
  const primes: bigint[] = [];
  for (let candidate = 2n; primes.length < count; candidate += 1n)
    if (primes.every((prime) => candidate % prime !== 0n)) primes.push(candidate);
  return primes;
}

function modularPower(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let power = 1n;
  for (let rest = exponent, square = base; rest > 0n; rest >>= 1n, square = (square * square) % modulus)
    if (rest & 1n) power = (power * square) % modulus;
  return power;
}
