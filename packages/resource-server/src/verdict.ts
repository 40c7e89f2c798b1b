/** Why a token was refused: for logs, metrics and tests. The client is told one thing for all of them (security 46). */
export type RefusalReason =
  | 'malformed'
  | 'too-large'
  | 'wrong-algorithm'
  | 'wrong-type'
  | 'wrong-issuer'
  | 'unknown-key'
  | 'bad-signature'
  | 'bad-claims'
  | 'wrong-audience'
  | 'not-yet-valid'
  | 'expired'
  | 'revoked'
  | 'unknown-status'
  | 'stale-view';

/** Who holds the verified token, and what it is good for. */
export interface Principal {
  /** `iss`: users are identified by issuer and subject together. */
  readonly issuer: string;
  /** `sub` */
  readonly subject: string;
  /** `client_id` */
  readonly clientId: string;
  /** `scope`, split at spaces and mapped to this service's names. */
  readonly scopes: readonly string[];
  /** `sid`, where the token belongs to a session. */
  readonly sessionId: string | undefined;
  /** `jti` */
  readonly tokenId: string;
  /** `act` from the outermost inwards: who acts on the subject's behalf (RFC 8693 §4.1). */
  readonly actors: readonly string[];
  /** `exp`, in seconds since the epoch. */
  readonly expiresAt: number;
}

export interface Acceptance {
  readonly ok: true;
  readonly principal: Principal;
  /** Whether the signature had been verified before and was found in the cache. */
  readonly cached: boolean;
}

export interface Refusal {
  readonly ok: false;
  readonly reason: RefusalReason;
}

export type Verdict = Acceptance | Refusal;

export function refuse(reason: RefusalReason): Refusal {
  return { ok: false, reason };
}

/** Refusals that are no fault of the token: this verifier cannot judge it right now. */
export function isVerifierFault(reason: RefusalReason): boolean {
  return reason === 'stale-view' || reason === 'unknown-status';
}
