import { checkClaims, type ClaimRules } from './claims.ts';
import { parseCompactJws } from './compact-jws.ts';
import type { IssuerKnowledge } from './issuer-view.ts';
import { createScopeReader } from './scope-reader.ts';
import { readStatusReferences } from './status-reference.ts';
import { TokenCache } from './token-cache.ts';
import { refuse, type Refusal, type RefusalReason, type Verdict } from './verdict.ts';
import { VerifiedToken, type Status } from './verified-token.ts';

/** An issuer whose tokens are accepted, and for what. */
export interface TrustedIssuer {
  /** Its keys and status lists, as `openIssuerView` keeps them. */
  readonly view: IssuerKnowledge;
  /** The identifier(s) of this service; a token must be for one of them. */
  readonly audience: string | readonly string[];
  /** The issuer's scope names → this service's; identity unless given. */
  readonly scopeMapping?: Readonly<Record<string, readonly string[]>>;
}

export interface VerifierOptions {
  readonly issuers: readonly TrustedIssuer[];
  /** Longest accepted `exp - iat`; 900 s unless given. */
  readonly maxTokenLifetimeSeconds?: number;
  /** How far in the future `iat` and `nbf` may lie; 60 s unless given. */
  readonly clockToleranceSeconds?: number;
  /** Verified tokens kept, a whole number; 50,000 unless given, 0 for none. */
  readonly maxCachedTokens?: number;
  /** Milliseconds since the epoch; `Date.now` unless given. */
  readonly now?: () => number;
}

export interface Verifier {
  /** Judges one access token from memory alone: no network, no store, no waiting. Never throws, not at what is no text either. */
  verify(token: string): Verdict;
  /** What was judged since the start. */
  readonly counts: VerifierCounts;
  /** The trusted issuers, as they are known. */
  readonly issuers: readonly IssuerKnowledge[];
}

export interface VerifierCounts {
  accepted: number;
  cacheHits: number;
  readonly refused: Map<RefusalReason, number>;
  /** Verified tokens kept at the moment. */
  readonly cachedTokens: number;
}

interface IssuerRules extends ClaimRules {
  readonly view: IssuerKnowledge;
}

const MAX_TOKEN_LENGTH = 8 * 1024;
const ACCEPTED_TYPES: ReadonlySet<unknown> = new Set(['at+jwt', 'application/at+jwt']);
// RFC 7515 §4.1.11 (crit), RFC 7797 (b64), JWE's zip, and every header that would bring its own key (RFC 8725 §3.10).
const REFUSED_HEADERS = ['crit', 'b64', 'zip', 'enc', 'jwk', 'jku', 'x5u', 'x5c'];

/**
 * Builds the verifier of RFC 9068 access tokens for one service.
 *
 * @throws {TypeError} when no issuer, no audience, one issuer twice or no number of tokens is given: wrong use, never a bad token
 */
export function createVerifier(options: VerifierOptions): Verifier {
  const issuers = new Map(
    options.issuers.map((trusted) => [trusted.view.issuer, issuerRules(trusted, options)]),
  );
  if (issuers.size === 0 || issuers.size !== options.issuers.length) {
    throw new TypeError('createVerifier needs at least one issuer, and each of them once');
  }
  const now = options.now ?? Date.now;
  const { maxCachedTokens = 50_000 } = options;
  if (!Number.isSafeInteger(maxCachedTokens) || maxCachedTokens < 0)
    throw new TypeError('createVerifier needs a whole number of tokens for maxCachedTokens, or 0 for none');
  const cache = maxCachedTokens === 0 ? undefined : new TokenCache<VerifiedToken>(maxCachedTokens);
  const counts = {
    accepted: 0,
    cacheHits: 0,
    refused: new Map<RefusalReason, number>(),
    get cachedTokens() {
      return cache?.size ?? 0;
    },
  };

  function verify(token: string): Verdict {
    const verdict = typeof token === 'string' ? judge(token) : refuse('malformed');
    if (verdict.ok) counts.accepted += 1;
    else counts.refused.set(verdict.reason, (counts.refused.get(verdict.reason) ?? 0) + 1);
    return verdict;
  }

  function judge(token: string): Verdict {
    const known = cache?.get(token);
    return known === undefined ? verifyWhole(token) : judgeAgain(known);
  }

  function verifyWhole(token: string): Verdict {
    const nowMs = now();
    const verified = verifySignedToken(token, issuers, nowMs);
    if ('ok' in verified) return verified;
    const refusal = verified.faultAt(nowMs);
    if (refusal) return refusal;
    cache?.add(verified);
    return { ok: true, principal: verified, cached: false };
  }

  /**
   * Only the signature and the immutable claims are taken from the cache: time, key and status are asked every time. What does
   * not pass is verified anew, so that the cache can never change a verdict.
   */
  function judgeAgain(known: VerifiedToken): Verdict {
    if (known.hasWithdrawnKey || known.faultAt(now()) !== undefined) {
      cache?.delete(known.token);
      return verifyWhole(known.token);
    }
    counts.cacheHits += 1;
    return { ok: true, principal: known, cached: true };
  }

  return { verify, counts, issuers: options.issuers.map(({ view }) => view) };
}

/** RFC 9068 §4 in the order of cost: form, header, issuer, key, signature, claims. */
function verifySignedToken(
  token: string,
  issuers: ReadonlyMap<unknown, IssuerRules>,
  nowMs: number,
): VerifiedToken | Refusal {
  if (token.length > MAX_TOKEN_LENGTH) return refuse('too-large');
  const jws = parseCompactJws(token);
  if (jws === undefined) return refuse('malformed');
  const { header, payload, signedInput, signature } = jws;
  if (REFUSED_HEADERS.some((name) => Object.hasOwn(header, name))) return refuse('malformed');
  if (!ACCEPTED_TYPES.has(header['typ'])) return refuse('wrong-type');
  const issuer = issuers.get(payload['iss']);
  if (issuer === undefined) return refuse('wrong-issuer');
  const key = typeof header['kid'] === 'string' ? issuer.view.key(header['kid']) : undefined;
  if (key === undefined) return refuse(issuer.view.isFresh(nowMs) ? 'unknown-key' : 'stale-view');
  if (header['alg'] !== key.algorithm) return refuse('wrong-algorithm');
  if (!key.verifies(signedInput, signature)) return refuse('bad-signature');
  const principal = checkClaims(payload, issuer, nowMs / 1_000);
  if ('ok' in principal) return principal;
  const statuses = statusesOf(payload, issuer.view);
  if ('ok' in statuses) return statuses;
  return new VerifiedToken({ token, principal, key, view: issuer.view, statuses });
}

/** draft-ietf-oauth-status-list-21 §8.3, after the token itself has been validated. */
function statusesOf(
  payload: Readonly<Record<string, unknown>>,
  view: IssuerKnowledge,
): readonly Status[] | Refusal {
  if (!view.hasStatusLists) return [];
  const references = readStatusReferences(payload);
  if (references === undefined || payload['status'] === undefined) return refuse('bad-claims');
  const statuses: Status[] = [];
  for (const { uri, index } of references) {
    const list = view.statusList(uri);
    if (list === undefined) return refuse('unknown-status');
    statuses.push({ list, index });
  }
  return statuses;
}

function issuerRules({ view, audience, scopeMapping }: TrustedIssuer, options: VerifierOptions): IssuerRules {
  const audiences = new Set(typeof audience === 'string' ? [audience] : audience);
  if (audiences.size === 0 || audiences.has(''))
    throw new TypeError(`createVerifier needs an audience for ${view.issuer}`);
  return {
    view,
    issuer: view.issuer,
    audiences,
    scopesOf: createScopeReader(scopeMapping),
    maxLifetimeSeconds: options.maxTokenLifetimeSeconds ?? 900,
    clockToleranceSeconds: options.clockToleranceSeconds ?? 60,
  };
}
