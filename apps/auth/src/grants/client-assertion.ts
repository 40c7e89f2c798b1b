import { parseCompactJws, type CompactJws } from '@roomkey/resource-server';
import type { Client } from '../domain/clients.ts';
import type { ClientKeys } from '../domain/client-keys.ts';

/**
 * Client assertions (`private_key_jwt`, RFC 7523 with draft-ietf-oauth-rfc7523bis), read with the same strict parser and keys
 * as access tokens. Until the signature has been verified nothing in them decides anything but whose keys to try.
 */
export interface ClientAssertion {
  readonly jws: CompactJws;
  /** Whom it is said to be from: unverified. */
  readonly claimedId: string;
}

/** What a verified assertion says of itself: it is good once, until then. */
export interface VerifiedAssertion {
  readonly jti: string;
  readonly expiresAt: Date;
}

export const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

const MAX_LENGTH = 8 * 1_024;
const MAX_LIFETIME_SECONDS = 300;
const CLOCK_TOLERANCE_SECONDS = 60;
const MAX_JTI_LENGTH = 256;
// An access token, a logout token, a status list are signed by the same key one day: their types are refused (RFC 8725 §3.11).
const TYPES: ReadonlySet<unknown> = new Set([undefined, 'JWT', 'client-authentication+jwt']);
const REFUSED_HEADERS = ['crit', 'b64', 'zip', 'enc', 'jwk', 'jku', 'x5u', 'x5c'];

export function readAssertion(text: string): ClientAssertion | undefined {
  const jws = text.length > MAX_LENGTH ? undefined : parseCompactJws(text);
  if (jws === undefined || REFUSED_HEADERS.some((name) => Object.hasOwn(jws.header, name))) return undefined;
  const { sub } = jws.payload;
  return typeof sub === 'string' && TYPES.has(jws.header['typ']) ? { jws, claimedId: sub } : undefined;
}

export async function verifyAssertion(
  { jws }: ClientAssertion,
  client: Client,
  keys: ClientKeys,
  issuer: string,
  now: Date,
): Promise<VerifiedAssertion | undefined> {
  const { header, payload, signedInput, signature } = jws;
  const key = await keys.find(client, keyIdOf(header, client));
  // Security 60: the client's registered algorithm alone.
  if (
    key === undefined ||
    header['alg'] !== client.signingAlgorithm ||
    key.algorithm !== client.signingAlgorithm
  )
    return undefined;
  if (!key.verifies(signedInput, signature)) return undefined;
  return checkClaims(payload, client.id, issuer, now.getTime() / 1_000);
}

/** Whoever stands in for an unknown client has one key whatever is asked for, so that it takes as long (security 66). */
function keyIdOf(header: CompactJws['header'], client: Client): string | undefined {
  const { kid } = header;
  return typeof kid === 'string' && client !== NOBODY ? kid : undefined;
}

function checkClaims(
  { iss, sub, aud, exp, iat, nbf, jti }: Readonly<Record<string, unknown>>,
  clientId: string,
  issuer: string,
  nowSeconds: number,
): VerifiedAssertion | undefined {
  // RFC 7523bis: the issuer identifier as the sole value, and as a string.
  if (iss !== clientId || sub !== clientId || aud !== issuer) return undefined;
  const latest = nowSeconds + CLOCK_TOLERANCE_SECONDS;
  if (!isTime(exp) || exp <= nowSeconds || exp > latest + MAX_LIFETIME_SECONDS) return undefined;
  if (iat !== undefined && (!isTime(iat) || iat > latest)) return undefined;
  if (nbf !== undefined && (!isTime(nbf) || nbf > latest)) return undefined;
  if (
    typeof jti !== 'string' ||
    jti.length === 0 ||
    jti.length > MAX_JTI_LENGTH ||
    !jti.isWellFormed() ||
    jti.includes('\0')
  )
    return undefined;
  return { jti, expiresAt: new Date(exp * 1_000) };
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

/** Stands in for a client that does not exist, with a key nobody has, so that as much is computed (security 66). */
export const NOBODY: Client = {
  id: 'nobody',
  kind: 'confidential',
  grants: [],
  scopes: [],
  resources: [],
  ownResources: [],
  exchange: [],
  signingAlgorithm: 'ES256',
  // RFC 7517, Appendix A.1.
  jwks: {
    keys: [
      {
        kty: 'EC',
        crv: 'P-256',
        x: 'MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4',
        y: '4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM',
        kid: 'nobody',
        alg: 'ES256',
      },
    ],
  },
  jwksUri: null,
  declared: false,
  createdAt: new Date(0),
  disabledAt: new Date(0),
};
