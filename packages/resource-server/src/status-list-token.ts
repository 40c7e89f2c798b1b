import { parseCompactJws } from './compact-jws.ts';
import { decodeStatusArray, type StatusArray } from './status-list.ts';
import type { VerificationKey } from './verification-key.ts';

export interface VerifiedStatusList extends StatusArray {
  /** In milliseconds since the epoch. */
  readonly expiresAtMs: number;
  readonly signedBy: VerificationKey;
}

export interface StatusListRules {
  /** Where the list was fetched: `sub` must equal it (draft-21 §5.1). */
  readonly uri: string;
  /** The issuer; `iss` must equal it where it is present. */
  readonly issuer: string;
  readonly key: (kid: string) => VerificationKey | undefined;
  readonly maxBytes: number;
  readonly nowMs: number;
}

const CLOCK_TOLERANCE_MS = 60_000;

/**
 * Verifies a Status List Token in JWT form (draft-ietf-oauth-status-list-21 §5.1, §8.3): the issuer's key, the type, the
 * subject, the times, then the array.
 *
 * @throws when it is anything but a genuine list of that address, valid now: the caller keeps what it has
 */
export function verifyStatusListToken(
  token: string,
  { uri, issuer, key: keyOf, maxBytes, nowMs }: StatusListRules,
): VerifiedStatusList {
  const jws = parseCompactJws(token);
  if (jws === undefined) throw new Error(`${uri} is no compact JWS`);
  const { header, payload, signedInput, signature } = jws;
  const { typ, kid, alg } = header;
  const key = typeof kid === 'string' ? keyOf(kid) : undefined;
  if (typ !== 'statuslist+jwt' || Object.hasOwn(header, 'crit'))
    throw new Error(`${uri} is no status list token`);
  if (key === undefined || key.algorithm !== alg) throw new Error(`${uri} is signed by no key of ${issuer}`);
  if (!key.verifies(signedInput, signature)) throw new Error(`${uri} has a signature that does not verify`);

  const { sub, iss, iat, exp, ttl } = payload;
  if (sub !== uri || (iss !== undefined && iss !== issuer))
    throw new Error(`${uri} is a list of another address or issuer`);
  if (!isSeconds(iat) || !isSeconds(exp) || !isSeconds(ttl) || ttl === 0)
    throw new Error(`${uri} lacks iat, exp or ttl`);
  if (iat * 1_000 > nowMs + CLOCK_TOLERANCE_MS) throw new Error(`${uri} is dated in the future`);
  if (exp * 1_000 <= nowMs) throw new Error(`${uri} has expired`);
  const { bits, bytes } = decodeStatusArray(payload['status_list'], maxBytes);
  return { bits, bytes, expiresAtMs: exp * 1_000, signedBy: key };
}

function isSeconds(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
