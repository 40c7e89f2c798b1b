import type { IssuedToken } from './sessions.ts';

/**
 * Everything that ends before its time ends here: one place, whoever asks. What is live at that moment is found by the store
 * in the same transaction, so that nothing is issued in between.
 */
export interface Revocation {
  /** @returns false when there is no such session that lives */
  revokeSession(sessionId: string, reason: EndReason, now: Date): Promise<boolean>;
}

export type EndReason =
  | 'signed-out'
  | 'ended-by-user'
  | 'ended-by-admin'
  | 'refresh-token-reused'
  | 'refresh-token-revoked'
  | 'password-changed'
  | 'user-disabled'
  | 'client-disabled';

export interface RevocationStore {
  /** Ends the session; gives its access tokens that still live, or undefined when it had ended. */
  endSession(sessionId: string, reason: EndReason, now: Date): Promise<readonly IssuedToken[] | undefined>;
}

export function createRevocation(store: RevocationStore): Revocation {
  return {
    async revokeSession(sessionId, reason, now) {
      const live = await store.endSession(sessionId, reason, now);
      return live !== undefined;
    },
  };
}
