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
  prepare(request: AccessTokenRequest, now: Date): Promise<AccessTokenClaims>;
  /** The claims of a token that was given before, for a client that lost it. */
  prepareAgain(request: AccessTokenRequest, given: IssuedToken, now: Date): Promise<AccessTokenClaims>;
  sign(claims: AccessTokenClaims, now: Date): string;
}

/** Where a new token's status bit is; undefined for a token without one. */
export type ReserveStatus = (request: AccessTokenRequest, now: Date) => Promise<StatusReference | undefined>;

export interface TokenIssuerOptions {
  readonly issuer: string;
  readonly lifetimeSeconds: number;
  readonly keyRing: KeyRing;
  readonly reserveStatus: ReserveStatus;
}

export function createTokenIssuer(options: TokenIssuerOptions): TokenIssuer {
  const { issuer, lifetimeSeconds, keyRing, reserveStatus } = options;
  return {
    issuer,
    async prepare(request, now) {
      const status = request.status ?? (await reserveStatus(request, now));
      return accessTokenClaims({ ...request, status }, issuer, lifetimeSeconds, now);
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
}
