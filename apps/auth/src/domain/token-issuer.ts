import {
  accessTokenClaims,
  type AccessTokenClaims,
  type AccessTokenRequest,
  type StatusReference,
} from './access-token.ts';
import type { KeyRing } from './key-ring.ts';
import type { IssuedToken } from './sessions.ts';

/** Writes and signs access tokens: first the claims, so that they can be stored, then the signature. */
export interface TokenIssuer {
  readonly issuer: string;
  /** Undefined when the client has been disabled since it was looked at. */
  prepare(request: AccessTokenRequest, now: Date): Promise<AccessTokenClaims | undefined>;
  /** The claims of a token that was given before, for a client that lost it. */
  prepareAgain(request: AccessTokenRequest, given: IssuedToken, now: Date): Promise<AccessTokenClaims>;
  sign(claims: AccessTokenClaims, now: Date): string;
}

/** Gives status bits. */
export interface StatusSource {
  /** One for a single token. */
  next(now: Date): Promise<StatusReference>;
  /** The one a client has in this window, for its own tokens and for whatever it does on behalf of others. */
  ofClient(clientId: string, now: Date): Promise<StatusReference | undefined>;
}

export interface TokenIssuerOptions {
  readonly issuer: string;
  readonly lifetimeSeconds: number;
  readonly keyRing: KeyRing;
  readonly statuses: StatusSource;
}

export function createTokenIssuer(options: TokenIssuerOptions): TokenIssuer {
  const { issuer, lifetimeSeconds, keyRing, statuses } = options;
  return {
    issuer,
    async prepare(request, now) {
      const status = request.status ?? (await statusOf(request, now));
      const actorStatus = request.actor && (await statuses.ofClient(request.actor.sub, now));
      if (status === undefined || (request.actor && actorStatus === undefined)) return undefined;
      const actor = request.actor && actorStatus && { ...request.actor, status: actorStatus };
      return accessTokenClaims({ ...request, status, actor }, issuer, lifetimeSeconds, now);
    },
    async prepareAgain(request, given, now) {
      const status = given.status ?? undefined;
      return {
        ...accessTokenClaims({ ...request, status }, issuer, lifetimeSeconds, now),
        jti: given.id,
        iat: given.issuedAt.getTime() / 1_000,
        exp: given.expiresAt.getTime() / 1_000,
      };
    },
    sign: (claims, now) => keyRing.sign(claims, now),
  };

  /** What a client has for itself shares one bit in a window, so that revoking the client is one write. */
  function statusOf(
    { subject, clientId }: AccessTokenRequest,
    now: Date,
  ): Promise<StatusReference | undefined> {
    return subject === clientId ? statuses.ofClient(clientId, now) : statuses.next(now);
  }
}
