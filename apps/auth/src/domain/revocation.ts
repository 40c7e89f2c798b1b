import type { StatusReference } from './access-token.ts';

/**
 * Everything that ends before its time ends here, whoever asks. What is live at that moment is found, ended and written to the
 * audit log in one transaction: nothing is issued in between, and nothing ends unrecorded.
 */
export interface Revocation {
  /** @returns false when there is no such session that lives */
  revokeSession(sessionId: string, cause: Cause, now: Date): Promise<boolean>;
  /** Ends a user's sessions, but for the one to keep. @returns how many ended */
  revokeUser(userId: string, cause: Cause, now: Date, keepSessionId?: string): Promise<number>;
  /** Revokes what a client has been issued: its own tokens, and the sessions begun through it. */
  revokeClient(clientId: string, cause: Cause, now: Date): Promise<void>;
  /** Revokes one access token, and those derived from it. */
  revokeToken(token: RevocableToken, cause: Cause, now: Date): Promise<void>;
}

export interface Cause {
  readonly reason: EndReason;
  /** As in the audit log. */
  readonly actor: string;
}

export type EndReason =
  | 'signed-out'
  | 'ended-by-user'
  | 'ended-by-admin'
  | 'refresh-token-reused'
  | 'token-revoked'
  | 'password-changed'
  | 'user-disabled'
  | 'account-erased'
  | 'client-disabled';

export interface RevocableToken {
  readonly id: string;
  readonly expiresAt: Date;
  readonly status: StatusReference | null;
}
