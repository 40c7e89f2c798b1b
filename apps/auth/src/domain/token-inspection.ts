import type { Verifier } from '@roomkey/resource-server';
import { lineage, type AccessTokenClaims, type Actor, type StatusReference } from './access-token.ts';
import { statusBitOf, type StatusBit } from './status-lists.ts';

/** Claims of a token that was presented, with what only other parties' policies put there. */
export interface InspectedClaims extends AccessTokenClaims {
  /** RFC 8693 §4.4: who alone may act for the subject. */
  readonly may_act?: unknown;
}

/** What has to be asked of the store about a genuine token. */
export interface TokenStanding {
  readonly tokenIds: readonly string[];
  readonly sessionId: string | null;
  readonly subject: string;
  /** Whoever holds or has held it: the client it was issued to and the actors. */
  readonly clientIds: readonly string[];
  /** Its own bit, or that of what it comes from, and those of the actors. */
  readonly statuses: readonly StatusBit[];
}

export interface TokenStandingStore {
  /** Whether nothing it rests on has been revoked: itself, what it comes from, its session, its subject, its clients. */
  isLive(standing: TokenStanding, now: Date): Promise<boolean>;
}

export interface TokenInspection {
  /** Claims of a token of this issuer, genuine and unexpired, for whatever service; undefined for all else. */
  read(token: string): InspectedClaims | undefined;
  /** The same, and not revoked in any way by what the database says now. */
  readLive(token: string, now: Date): Promise<InspectedClaims | undefined>;
}

/** @param verifier verifies tokens of this issuer for every service */
export function createTokenInspection(verifier: Verifier, store: TokenStandingStore): TokenInspection {
  function read(token: string): InspectedClaims | undefined {
    if (!verifier.verify(token).ok) return undefined;
    // Verified a line above, by the one strict verifier there is.
    const [, payload = ''] = token.split('.');
    return JSON.parse(Buffer.from(payload, 'base64url').toString()) as InspectedClaims;
  }

  return {
    read,
    async readLive(token, now) {
      const claims = read(token);
      return claims !== undefined && (await store.isLive(standingOf(claims), now)) ? claims : undefined;
    },
  };
}

/** RFC 8693 §4.1, from the outermost actor inwards. */
export function actorsOf(claims: AccessTokenClaims): string[] {
  return chainOf(claims).map((actor) => actor.sub);
}

function actorStatuses(claims: AccessTokenClaims): (StatusReference | undefined)[] {
  return chainOf(claims).map((actor) => actor.status);
}

function chainOf({ act }: AccessTokenClaims): Actor[] {
  const actors: Actor[] = [];
  for (let actor = act; actor !== undefined; actor = actor.act) actors.push(actor);
  return actors;
}

export function audiencesOf({ aud }: AccessTokenClaims): readonly string[] {
  return typeof aud === 'string' ? [aud] : aud;
}

function standingOf(claims: InspectedClaims): TokenStanding {
  return {
    tokenIds: lineage(claims.jti),
    sessionId: claims.sid ?? null,
    subject: claims.sub,
    clientIds: [...new Set([claims.client_id, ...actorsOf(claims)])],
    statuses: [claims.status, ...actorStatuses(claims)].flatMap((status) =>
      status ? [statusBitOf(status)] : [],
    ),
  };
}
