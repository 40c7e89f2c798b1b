import { refuse, type Principal, type Refusal, type RefusalReason } from './verdict.ts';

/** What the claims of a token are held against. */
export interface ClaimRules {
  /** The configured issuer, compared byte for byte. */
  readonly issuer: string;
  /** Identifiers of this service; one of them must be in `aud`. */
  readonly audiences: ReadonlySet<string>;
  /** Longest accepted `exp - iat`, in seconds. */
  readonly maxLifetimeSeconds: number;
  /** How far in the future `iat` and `nbf` may lie, in seconds. `exp` has no tolerance: a token's end is its end. */
  readonly clockToleranceSeconds: number;
  /** The scopes that a `scope` claim means here. */
  readonly scopesOf: (scope: string) => readonly string[];
}

type Claims = Readonly<Record<string, unknown>>;

const MAX_IDENTIFIER_LENGTH = 256;
const MAX_ACTORS = 8;
const NOBODY: readonly string[] = Object.freeze([]);

/**
 * Holds a payload against RFC 9068 §4 and the rules of this service. The signature has been verified by then: nothing here
 * decides on unverified text.
 *
 * @param nowSeconds seconds since the epoch
 */
export function checkClaims(claims: Claims, rules: ClaimRules, nowSeconds: number): Principal | Refusal {
  const reason =
    (claims['iss'] !== rules.issuer && 'wrong-issuer') ||
    // RFC 9449 §7.1: a token bound to a key is worth nothing to whoever merely bears it.
    (claims['cnf'] !== undefined && 'bad-claims') ||
    audienceFault(claims['aud'], rules.audiences) ||
    timeFault(claims, rules, nowSeconds);
  if (reason) return refuse(reason);
  return principalOf(claims, rules) ?? refuse('bad-claims');
}

function audienceFault(aud: unknown, accepted: ReadonlySet<string>): RefusalReason | undefined {
  const audiences: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  if (!audiences.every((one) => typeof one === 'string')) return 'bad-claims';
  return audiences.some((one) => accepted.has(one)) ? undefined : 'wrong-audience';
}

function timeFault(claims: Claims, rules: ClaimRules, nowSeconds: number): RefusalReason | undefined {
  const { exp, iat, nbf } = claims;
  if (!isNumericDate(exp) || !isNumericDate(iat) || (nbf !== undefined && !isNumericDate(nbf)))
    return 'bad-claims';
  if (exp - iat > rules.maxLifetimeSeconds) return 'bad-claims';
  const latestStart = nowSeconds + rules.clockToleranceSeconds;
  if (iat > latestStart || (nbf !== undefined && nbf > latestStart)) return 'not-yet-valid';
  return exp > nowSeconds ? undefined : 'expired';
}

function principalOf(claims: Claims, rules: ClaimRules): Principal | undefined {
  const { sub, client_id: clientId, jti, sid, scope = '' } = claims;
  const actors = actorsOf(claims['act']);
  if (!isIdentifier(sub) || !isIdentifier(clientId) || !isIdentifier(jti) || typeof scope !== 'string')
    return undefined;
  if ((sid !== undefined && !isIdentifier(sid)) || actors === undefined) return undefined;
  return {
    issuer: rules.issuer,
    subject: sub,
    clientId,
    scopes: rules.scopesOf(scope),
    sessionId: sid,
    tokenId: jti,
    actors,
    expiresAt: claims['exp'] as number,
  };
}

/** RFC 8693 §4.1: `act` nests, the outermost acts now; bounded, so that no token can cost more than it says. */
function actorsOf(act: unknown): readonly string[] | undefined {
  const actors: string[] = [];
  for (let current = act; current !== undefined; current = (current as Claims)['act']) {
    if (typeof current !== 'object' || current === null || Array.isArray(current)) return undefined;
    const { sub } = current as Claims;
    if (!isIdentifier(sub) || actors.length === MAX_ACTORS) return undefined;
    actors.push(sub);
  }
  return actors.length > 0 ? Object.freeze(actors) : NOBODY;
}

function isNumericDate(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

function isIdentifier(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= MAX_IDENTIFIER_LENGTH;
}
