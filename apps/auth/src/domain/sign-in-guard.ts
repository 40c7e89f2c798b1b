import type { Limit, LimitStore } from './limits.ts';

/**
 * Guards passwords against guessing (security 120), across replicas and however many try at once: every attempt is paid for
 * before the password is looked at, and a right one gets its price back.
 *
 * Guesses at one account from one network are few and strict. Guesses at one account from everywhere together are bounded more
 * widely, and only for networks the account has not signed in from lately: strangers cannot lock the owner out at home, and
 * elsewhere only slow them down. Guesses from one network at whatever accounts are bounded by the network.
 */
export interface SignInGuard {
  begin(guess: Guess, now: Date): Promise<Attempt>;
}

export interface Guess {
  readonly nameKey: string;
  readonly addressPrefix: string;
  /** Whether the account usually comes from there. */
  readonly isFamiliar: boolean;
}

export type Attempt =
  | {
      readonly ok: true;
      /** The bucket that is full again when the password was right. */
      readonly ownBucket: string;
      /** The password was right, and the own bucket has been filled. */
      readonly filled: () => Promise<void>;
      /** The password was right. */
      succeeded(): Promise<void>;
      /** The password was not looked at. */
      cancelled(): Promise<void>;
    }
  | { readonly ok: false; readonly retryAfterSeconds: number };

export interface SignInLimits {
  /** Sign-ins from one network, right or wrong. */
  readonly perAddress: Limit;
  /** Wrong passwords for one account from one network. */
  readonly perAccountAndAddress: Limit;
  /** Wrong passwords for one account from all networks it does not usually come from. */
  readonly perAccount: Limit;
}

export function createSignInGuard(store: LimitStore, limits: SignInLimits): SignInGuard {
  return {
    async begin({ nameKey, addressPrefix, isFamiliar }, now) {
      const byAccount = `sign-in:account:${nameKey}`;
      const byBoth = `sign-in:account-and-address:${nameKey} ${addressPrefix}`;
      const buckets = [
        { key: `sign-in:address:${addressPrefix}`, limit: limits.perAddress },
        { key: byBoth, limit: limits.perAccountAndAddress },
        ...(isFamiliar ? [] : [{ key: byAccount, limit: limits.perAccount }]),
      ];
      const wait = await store.takeInTurn(buckets, now);
      if (wait !== undefined) return { ok: false, retryAfterSeconds: wait };
      const filled = async (): Promise<void> => {
        if (!isFamiliar) await store.giveBack(byAccount, 1, limits.perAccount);
      };
      return {
        ok: true,
        ownBucket: byBoth,
        filled,
        async succeeded() {
          await store.forget(byBoth);
          await filled();
        },
        async cancelled() {
          await store.giveBack(byBoth, 1, limits.perAccountAndAddress);
          if (!isFamiliar) await store.giveBack(byAccount, 1, limits.perAccount);
        },
      };
    },
  };
}
