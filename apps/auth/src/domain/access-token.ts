import { randomFillSync } from 'node:crypto';

/** What somebody may do, and where. */
export interface Grant {
  readonly scopes: readonly string[];
  /** Resource identifiers: the audience. */
  readonly resources: readonly string[];
}

/** RFC 8693 §4.1: who acts; earlier actors nested inside. */
export interface Actor {
  readonly sub: string;
  /** The acting client's own bit: who revokes the client stops what it does for others. */
  readonly status?: StatusReference;
  readonly act?: Actor;
}

/** `status` claim (draft-ietf-oauth-status-list §6): where the token's bit is. */
export interface StatusReference {
  readonly status_list: { readonly uri: string; readonly idx: number };
}

/** RFC 9068 §2.2, with `sid`, `act` and `status` where they apply. */
export interface AccessTokenClaims {
  readonly iss: string;
  readonly sub: string;
  readonly aud: string | readonly string[];
  readonly client_id: string;
  readonly iat: number;
  readonly exp: number;
  readonly jti: string;
  readonly scope: string;
  readonly sid?: string;
  readonly act?: Actor;
  readonly status?: StatusReference;
}

export interface AccessTokenRequest extends Grant {
  readonly subject: string;
  readonly clientId: string;
  readonly sessionId?: string | undefined;
  readonly actor?: Actor | undefined;
  readonly status?: StatusReference | undefined;
  /** The token this one is derived from; what revokes that revokes this. */
  readonly parentTokenId?: string | undefined;
  /** Seconds since the epoch this token must not outlive. */
  readonly notAfter?: number | undefined;
}

const TOKEN_ID_BYTES = 16;
const LINEAGE = '.';
/** Random bytes are made for many ids at a time; each is used once. */
const randomPool = Buffer.alloc(256 * TOKEN_ID_BYTES);
let usedOfPool = randomPool.length;

/** Writes the claims of a new access token. A token's id begins with the id of the token it was derived from. */
export function accessTokenClaims(
  request: AccessTokenRequest,
  issuer: string,
  lifetimeSeconds: number,
  now: Date,
): AccessTokenClaims {
  const { subject, clientId, sessionId, actor, status, parentTokenId, notAfter = Infinity } = request;
  const [audience, ...more] = request.resources;
  const iat = Math.floor(now.getTime() / 1_000);
  const ownId = newTokenId();
  return {
    iss: issuer,
    sub: subject,
    aud: more.length === 0 && audience !== undefined ? audience : request.resources,
    client_id: clientId,
    iat,
    exp: Math.min(iat + lifetimeSeconds, notAfter),
    jti: parentTokenId === undefined ? ownId : `${parentTokenId}${LINEAGE}${ownId}`,
    scope: request.scopes.join(' '),
    ...(sessionId !== undefined && { sid: sessionId }),
    ...(actor !== undefined && { act: actor }),
    ...(status !== undefined && { status }),
  };
}

function newTokenId(): string {
  if (usedOfPool === randomPool.length) {
    randomFillSync(randomPool);
    usedOfPool = 0;
  }
  usedOfPool += TOKEN_ID_BYTES;
  return randomPool.toString('base64url', usedOfPool - TOKEN_ID_BYTES, usedOfPool);
}

/** A token's id and those of all tokens it comes from, the first one first. */
export function lineage(tokenId: string): string[] {
  const parts = tokenId.split(LINEAGE);
  return parts.map((_, index) => parts.slice(0, index + 1).join(LINEAGE));
}
