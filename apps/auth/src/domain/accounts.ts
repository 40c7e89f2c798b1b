import { randomUUID } from 'node:crypto';
import type { Atomically } from './atomically.ts';
import { userActor, type AuditLog } from './audit.ts';
import { isCommonPassword } from './common-passwords.ts';
import { BUSY, type PasswordHashing } from './password-hashing.ts';
import type { Proof, ProvePassword } from './password-proof.ts';
import type { Revocation } from './revocation.ts';
import { GUEST } from './roles.ts';
import { nameKey, type User, type UserStore } from './users.ts';

export type Registration = { readonly ok: true; readonly user: User } | PasswordRefusal | NameRefusal;

interface NameRefusal {
  readonly ok: false;
  readonly reason: 'name-taken' | 'bad-name';
}

interface PasswordRefusal {
  readonly ok: false;
  readonly reason: 'bad-password' | 'common-password' | 'busy';
}

export type PasswordChange = Proof | PasswordRefusal;

export interface PasswordChangeRequest {
  readonly userId: string;
  readonly sessionId: string | undefined;
  readonly current: string;
  readonly next: string;
  readonly addressPrefix: string;
}

export interface AccountParts {
  readonly users: UserStore;
  readonly passwords: PasswordHashing;
  readonly provePassword: ProvePassword;
  readonly atomically: Atomically<{ users: UserStore; revocation: Revocation; audit: AuditLog }>;
}

export type Accounts = ReturnType<typeof createAccounts>;

export function createAccounts({ users, passwords, provePassword, atomically }: AccountParts) {
  async function hashNew(password: string): Promise<string | PasswordRefusal> {
    // Half a surrogate pair cannot be encoded: two different passwords would be one (V6.2.8: exactly as received).
    if (!password.isWellFormed()) return { ok: false, reason: 'bad-password' };
    if (await isCommonPassword(password)) return { ok: false, reason: 'common-password' };
    const hash = await passwords.hash(password);
    return hash === BUSY ? { ok: false, reason: 'busy' } : hash;
  }

  return {
    async register(name: string, password: string, now: Date): Promise<Registration> {
      const key = nameKey(name);
      if (key === undefined) return { ok: false, reason: 'bad-name' };
      const passwordHash = await hashNew(password);
      if (typeof passwordHash !== 'string') return passwordHash;
      const user = { id: randomUUID(), name, passwordHash, roles: [GUEST], createdAt: now, disabledAt: null };
      return (await users.add(user, key)) ? { ok: true, user } : { ok: false, reason: 'name-taken' };
    },

    find: (userId: string) => users.find(userId),

    /** Changes the password and ends every other session (security 87). */
    async changePassword(request: PasswordChangeRequest, now: Date): Promise<PasswordChange> {
      const user = await users.find(request.userId);
      if (user === undefined) return { ok: false, reason: 'wrong-password' };
      const proof = await provePassword(user, request.current, request.addressPrefix, now);
      if (!proof.ok) return proof;
      const passwordHash = await hashNew(request.next);
      if (typeof passwordHash !== 'string') return passwordHash;
      return atomically(async (stores) => {
        if (!(await stores.users.replacePassword(user.id, user.passwordHash, passwordHash)))
          return { ok: false, reason: 'wrong-password' };
        const actor = userActor(user.id);
        await stores.audit.record([
          { at: now, actor, action: 'user.password', targetKind: 'user', target: user.id, details: {} },
        ]);
        await stores.revocation.revokeUser(
          user.id,
          { reason: 'password-changed', actor },
          now,
          request.sessionId,
        );
        return { ok: true };
      });
    },
  };
}
