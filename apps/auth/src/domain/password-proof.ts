import { BUSY, type PasswordHashing } from './password-hashing.ts';
import type { SignInGuard } from './sign-in-guard.ts';
import { nameKey, type User } from './users.ts';
import { familiarSince, type Visitors } from './visitors.ts';

export type Proof =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: 'wrong-password' | 'busy' }
  | { readonly ok: false; readonly reason: 'too-often'; readonly retryAfterSeconds: number };

/** Whether somebody who is signed in knows the password as well; guessing is bounded as at sign-in (security 120). */
export type ProvePassword = (
  user: User,
  password: string,
  addressPrefix: string,
  now: Date,
) => Promise<Proof>;

export function createPasswordProof(
  passwords: PasswordHashing,
  visitors: Visitors,
  guard: SignInGuard,
): ProvePassword {
  return async (user, password, addressPrefix, now) => {
    const isFamiliar = await visitors.isFamiliar(user.id, addressPrefix, familiarSince(now));
    const guess = { nameKey: nameKey(user.name) ?? user.name, addressPrefix, isFamiliar };
    const attempt = await guard.begin(guess, now);
    if (!attempt.ok) return { ok: false, reason: 'too-often', retryAfterSeconds: attempt.retryAfterSeconds };
    const matches = await passwords.verify(user.passwordHash, password);
    if (matches === BUSY) {
      await attempt.cancelled();
      return { ok: false, reason: 'busy' };
    }
    if (!matches) return { ok: false, reason: 'wrong-password' };
    await attempt.succeeded();
    return { ok: true };
  };
}
