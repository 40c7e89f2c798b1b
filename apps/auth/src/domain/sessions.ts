import type { AccessTokenClaims, Grant, StatusReference } from './access-token.ts';
import type { User } from './users.ts';

/** A stay: what a user signed in for, and the family of refresh tokens that keeps it. */
export interface Session extends Grant {
  readonly id: string;
  readonly userId: string;
  readonly clientId: string;
  readonly origin: SessionOrigin;
  readonly createdAt: Date;
  readonly lastUsedAt: Date;
  /** The end whatever happens. */
  readonly expiresAt: Date;
  readonly endedAt: Date | null;
}

/** Where a session was begun. */
export interface SessionOrigin {
  readonly address: string;
  readonly addressPrefix: string;
  readonly userAgent: string | null;
}

/** The access token that was given with a refresh token: enough to give it again, or to find and revoke it. */
export interface IssuedToken {
  readonly id: string;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
  readonly status: StatusReference | null;
}

/** What the store knows of a refresh token that is shown. */
export interface ShownRefreshToken {
  readonly session: Session;
  readonly user: Pick<User, 'id' | 'roles' | 'disabledAt'>;
  readonly place: 'current' | 'previous' | 'older';
  /** The idle end of the session's current token. */
  readonly refreshExpiresAt: Date;
  readonly rotatedAt: Date | null;
  readonly successorNonce: Buffer | null;
  /** Given with the session's current refresh token. */
  readonly currentAccessToken: IssuedToken;
}

export interface Rotation {
  readonly sessionId: string;
  readonly presentedHash: Buffer;
  readonly successorHash: Buffer;
  readonly successorNonce: Buffer;
  readonly refreshExpiresAt: Date;
  readonly accessToken: IssuedToken;
  readonly now: Date;
}

export interface NewSession extends Session {
  readonly refreshHash: Buffer;
  readonly refreshExpiresAt: Date;
  readonly accessToken: IssuedToken;
}

export interface SessionStore {
  /**
   * @param fills the bucket that what was paid for looking at the password came from; full again with the session
   * @returns false when the user has been disabled, or has changed the password, since it was verified
   */
  begin(session: NewSession, verifiedPasswordHash: string, fills: string): Promise<boolean>;
  /** Those that live, the last used first. */
  ofUser(userId: string, now: Date): Promise<readonly Session[]>;
  findByRefreshToken(hash: Buffer): Promise<ShownRefreshToken | undefined>;
  /**
   * Puts the successor in the place of the presented token if that still is the session's current one and the session has not
   * ended: one statement, so that of any number of attempts one succeeds.
   */
  rotate(rotation: Rotation): Promise<boolean>;
}

/** How long a session lives. */
export interface SessionLifetimes {
  readonly absoluteSeconds: number;
  readonly idleSeconds: number;
  /** How long the last used refresh token may be shown again by a client that lost the answer. */
  readonly repeatSeconds: number;
}

export function issuedToken(claims: AccessTokenClaims): IssuedToken {
  return {
    id: claims.jti,
    issuedAt: new Date(claims.iat * 1_000),
    expiresAt: new Date(claims.exp * 1_000),
    status: claims.status ?? null,
  };
}

export function inSeconds(now: Date, seconds: number): Date {
  return new Date(now.getTime() + seconds * 1_000);
}
