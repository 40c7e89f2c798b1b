import { parseCompactJws, type IssuerKnowledge } from '@roomkey/resource-server';

/** A user, as tokens and events name them: subjects are unique within their issuer only. */
export interface Subject {
  readonly issuer: string;
  readonly subject: string;
}

export interface EventRules {
  /** The issuer's keys, as its tokens are verified with. */
  readonly view: IssuerKnowledge;
  /** The resource identifier of this service: the one audience of its events. */
  readonly audience: string;
  readonly nowMs: number;
}

/** What an event says, or why it is not believed: `err` is a code of RFC 8935 §2.4. */
export type EventVerdict =
  | { readonly ok: true; readonly id: string; readonly purged: Subject }
  | { readonly ok: false; readonly err: EventFault; readonly description: string };

type EventFault = 'invalid_request' | 'invalid_key' | 'invalid_issuer' | 'invalid_audience';

/** OpenID RISC Profile 1.0 §2.2. */
const ACCOUNT_PURGED = 'https://schemas.openid.net/secevent/risc/event-type/account-purged';
/** RFC 8417 §2.3: said of every event, so that no other token of this issuer is taken for one, nor one for another. */
const TYPES: ReadonlySet<unknown> = new Set(['secevent+jwt', 'application/secevent+jwt']);
/** The desk writes these and no others: none that brings a key, none that must be understood (RFC 8725 §3.10). */
const HEADERS: ReadonlySet<string> = new Set(['alg', 'kid', 'typ']);
const MAX_LENGTH = 8 * 1_024;
const MAX_IDENTIFIER_LENGTH = 256;
const CLOCK_TOLERANCE_SECONDS = 60;

/**
 * Verifies a Security Event Token (RFC 8417) that says that an account is to be erased: form, type, key, signature, issuer,
 * audience, time, and exactly that event about a subject of that issuer. Nothing is believed before the signature.
 */
export function verifySecurityEvent(set: string, { view, audience, nowMs }: EventRules): EventVerdict {
  const jws = set.length > MAX_LENGTH ? undefined : parseCompactJws(set);
  if (jws === undefined || !Object.keys(jws.header).every((name) => HEADERS.has(name)))
    return refuse('invalid_request', 'It is no signed JWT with alg, kid and typ alone.');
  const { header, payload, signedInput, signature } = jws;
  if (!TYPES.has(header['typ'])) return refuse('invalid_request', 'Its typ is not secevent+jwt.');
  const key = typeof header['kid'] === 'string' ? view.key(header['kid']) : undefined;
  if (key === undefined || key.withdrawn || header['alg'] !== key.algorithm || !view.isFresh(nowMs))
    return refuse('invalid_key', 'It is signed by no key of the issuer that is known here.');
  if (!key.verifies(signedInput, signature)) return refuse('invalid_key', 'Its signature does not verify.');
  if (payload['iss'] !== view.issuer) return refuse('invalid_issuer', 'It is of another issuer.');
  // RFC 8417 §2.2: a list may be one of many; the desk writes each event for one service.
  if (payload['aud'] !== audience) return refuse('invalid_audience', 'It is for another service.');
  return contentOf(payload, view.issuer, nowMs / 1_000);
}

function contentOf(payload: Claims, issuer: string, nowSeconds: number): EventVerdict {
  const { jti, iat, events, sub_id: subject } = payload;
  if (!isIdentifier(jti)) return refuse('invalid_request', 'It has no jti.');
  if (typeof iat !== 'number' || !(iat >= 0 && iat <= nowSeconds + CLOCK_TOLERANCE_SECONDS))
    return refuse('invalid_request', 'Its iat is missing, or in the future.');
  // RFC 8417 §4.5, §4.6: what has these could be taken for another kind of token.
  if (payload['sub'] !== undefined || payload['exp'] !== undefined)
    return refuse('invalid_request', 'It has sub or exp.');
  if (!isObject(events) || Object.keys(events).length !== 1 || !isObject(events[ACCOUNT_PURGED]))
    return refuse('invalid_request', 'It holds another event than the one that is heard here.');
  // RFC 9493 §3.2.5.
  if (!isObject(subject) || subject['format'] !== 'iss_sub' || !isIdentifier(subject['sub']))
    return refuse('invalid_request', 'Its sub_id names no subject of an issuer.');
  if (subject['iss'] !== issuer)
    return refuse('invalid_issuer', 'Its subject is not of the issuer that says so.');
  return { ok: true, id: jti, purged: { issuer, subject: subject['sub'] } };
}

type Claims = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Claims =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isIdentifier = (value: unknown): value is string =>
  typeof value === 'string' && value.length > 0 && value.length <= MAX_IDENTIFIER_LENGTH;

const refuse = (err: EventFault, description: string): EventVerdict => ({ ok: false, err, description });
