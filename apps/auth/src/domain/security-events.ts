/** That an account is to be erased, on its way to one service. */
export interface PurgeEvent {
  /** `jti`: the same however often it is sent. */
  readonly id: string;
  /** The resource identifier of the service. */
  readonly audience: string;
  readonly erasureId: string;
  readonly subject: string;
  readonly occurredAt: Date;
}

/** A Security Event Token (RFC 8417 §2.2). No `exp` and no `sub`: it can be taken for nothing else. */
export interface SecurityEventClaims {
  readonly iss: string;
  readonly aud: string;
  readonly iat: number;
  readonly jti: string;
  /** The transaction all events of one erasure belong to. */
  readonly txn: string;
  /** When it happened. */
  readonly toe: number;
  /** RFC 9493 §3.2.5. */
  readonly sub_id: { readonly format: 'iss_sub'; readonly iss: string; readonly sub: string };
  readonly events: Readonly<Record<string, object>>;
}

/** Signs as `secevent+jwt` with the active key. */
export interface SecurityEventSigner {
  signSecurityEvent(claims: SecurityEventClaims, now: Date): string;
}

/** OpenID RISC Profile 1.0 §2.2. */
const ACCOUNT_PURGED = 'https://schemas.openid.net/secevent/risc/event-type/account-purged';

export function purgeClaims(event: PurgeEvent, issuer: string, now: Date): SecurityEventClaims {
  return {
    iss: issuer,
    aud: event.audience,
    iat: Math.floor(now.getTime() / 1_000),
    jti: event.id,
    txn: event.erasureId,
    toe: Math.floor(event.occurredAt.getTime() / 1_000),
    sub_id: { format: 'iss_sub', iss: issuer, sub: event.subject },
    events: { [ACCOUNT_PURGED]: {} },
  };
}

/** How many of each kind a service has erased. */
export type Counts = Readonly<Record<string, number>>;

export interface Settlement {
  readonly id: string;
  readonly counts: Counts;
}

/** Events that were written with what they tell of, until they have arrived. */
export interface Outbox {
  /** Gives events that are due to one who asks; to somebody else again from `againAt` on, unless they are settled by then. */
  take(audiences: readonly string[], limit: number, now: Date, againAt: Date): Promise<readonly PurgeEvent[]>;
  /** They have arrived, and these are the counts; what is settled, or for another audience, stays as it is. */
  settle(audiences: readonly string[], settlements: readonly Settlement[], now: Date): Promise<void>;
}
