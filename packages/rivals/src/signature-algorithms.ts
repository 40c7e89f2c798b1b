import {
  createHmac,
  createPublicKey,
  createSecretKey,
  generateKeyPairSync,
  randomBytes,
  sign,
  timingSafeEqual,
  verify,
  type KeyObject,
} from 'node:crypto';
import type { IssuerKnowledge, VerificationKey } from '@roomkey/resource-server';

/** What tokens can be signed with here; more than `resource-server` takes from an issuer, to compare what they cost. */
export const ALGORITHMS = ['HS256', 'RS256', 'ES256', 'EdDSA', 'ML-DSA-44'] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

interface Scheme {
  readonly makeKeys: () => { readonly privateKey: KeyObject; readonly publicKey: KeyObject };
  readonly sign: (input: Buffer, key: KeyObject) => Buffer;
  readonly verifies: (input: Buffer, key: KeyObject, signature: Buffer) => boolean;
}

const P1363 = 'ieee-p1363';
const HMAC_BYTES = 32;
const mac = (input: Buffer, key: KeyObject): Buffer => createHmac('sha256', key).update(input).digest();

const SCHEMES: Readonly<Record<Algorithm, Scheme>> = {
  // Whoever can verify can forge: for one service that signs for itself alone.
  HS256: {
    makeKeys() {
      const key = createSecretKey(randomBytes(HMAC_BYTES));
      return { privateKey: key, publicKey: key };
    },
    sign: mac,
    verifies: (input, key, signature) =>
      signature.length === HMAC_BYTES && timingSafeEqual(mac(input, key), signature),
  },
  RS256: {
    makeKeys: () => generateKeyPairSync('rsa', { modulusLength: 2_048 }),
    sign: (input, key) => sign('sha256', input, key),
    verifies: (input, key, signature) => verify('sha256', input, key, signature),
  },
  ES256: {
    makeKeys: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    sign: (input, key) => sign('sha256', input, { key, dsaEncoding: P1363 }),
    verifies: (input, key, signature) => verify('sha256', input, { key, dsaEncoding: P1363 }, signature),
  },
  EdDSA: {
    makeKeys: () => generateKeyPairSync('ed25519'),
    sign: (input, key) => sign(null, input, key),
    verifies: (input, key, signature) => verify(null, input, key, signature),
  },
  // FIPS 204; draft-ietf-cose-dilithium for JOSE. OpenSSL 3.5 has it.
  'ML-DSA-44': {
    makeKeys: () => generateKeyPairSync('ml-dsa-44'),
    sign: (input, key) => sign(null, input, key),
    verifies: (input, key, signature) => verify(null, input, key, signature),
  },
};

/** A key that signs compact JWS, and what a verifier in another process is told of it. */
export interface Signer {
  readonly algorithm: Algorithm;
  /** For the setting KEY of the design `token`. */
  readonly exported: string;
  sign(claims: Readonly<Record<string, unknown>>): string;
}

const KID = 'lab';

/** @throws where the runtime's OpenSSL does not have the algorithm */
export function createSigner(algorithm: Algorithm): Signer {
  const { privateKey, publicKey } = SCHEMES[algorithm].makeKeys();
  const header = encode({ alg: algorithm, typ: 'at+jwt', kid: KID });
  return {
    algorithm,
    exported: JSON.stringify({ algorithm, ...exportKey(publicKey) }),
    sign(claims) {
      const input = `${header}.${encode(claims)}`;
      return `${input}.${SCHEMES[algorithm].sign(Buffer.from(input), privateKey).toString('base64url')}`;
    },
  };
}

/** What `createSigner` has exported, as a verifier's knowledge of an issuer without status lists. */
export function importKnowledge(issuer: string, exported: string): IssuerKnowledge {
  const { algorithm, secret, spki } = JSON.parse(exported) as {
    algorithm: Algorithm;
    secret?: string;
    spki?: string;
  };
  const key =
    secret === undefined
      ? createPublicKey({ key: Buffer.from(spki ?? '', 'base64'), format: 'der', type: 'spki' })
      : createSecretKey(secret, 'base64');
  const verification: VerificationKey = {
    kid: KID,
    // The verifier compares it with the token's header; which ones it has names for does not matter here.
    algorithm: algorithm as VerificationKey['algorithm'],
    thumbprint: exported,
    withdrawn: false,
    verifies: (signedInput, signature) =>
      SCHEMES[algorithm].verifies(Buffer.from(signedInput, 'latin1'), key, signature),
  };
  return {
    issuer,
    key: (kid) => (kid === KID ? verification : undefined),
    hasStatusLists: false,
    statusList: () => undefined,
    isFresh: () => true,
  };
}

function exportKey(key: KeyObject): { readonly secret?: string; readonly spki?: string } {
  return key.type === 'secret'
    ? { secret: key.export().toString('base64') }
    : { spki: key.export({ type: 'spki', format: 'der' }).toString('base64') };
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
