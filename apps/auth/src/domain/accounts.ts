import { randomUUID } from 'node:crypto';
import { BUSY, type PasswordHashing } from './password-hashing.ts';
import { GUEST } from './roles.ts';

export interface User {
  /** `sub` of the user's tokens. */
  readonly id: string;
  readonly name: string;
  readonly passwordHash: string;
  readonly roles: readonly string[];
  readonly createdAt: Date;
  readonly disabledAt: Date | null;
}

export interface UserStore {
  /** @returns false when the name is taken, whatever its case */
  add(user: User, nameKey: string): Promise<boolean>;
  find(id: string): Promise<User | undefined>;
  findByName(nameKey: string): Promise<User | undefined>;
}

export interface Accounts {
  register(name: string, password: string, now: Date): Promise<Registration>;
}

export type Registration =
  | { readonly ok: true; readonly user: User }
  | { readonly ok: false; readonly reason: 'name-taken' | 'bad-name' | 'bad-password' | 'busy' };

/** Plain letters, so that no two names look alike; an e-mail address will do. */
const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._@+-]{0,62}[A-Za-z0-9])$/;

/** Two names with the same key are the same name; undefined for what can be no name. */
export function nameKey(name: string): string | undefined {
  return NAME.test(name) ? name.toLowerCase() : undefined;
}

export function createAccounts(users: UserStore, passwords: PasswordHashing): Accounts {
  return {
    async register(name, password, now) {
      const key = nameKey(name);
      if (key === undefined) return { ok: false, reason: 'bad-name' };
      // Half a surrogate pair cannot be encoded: two different passwords would be one (V6.2.8: exactly as received).
      if (!password.isWellFormed()) return { ok: false, reason: 'bad-password' };
      const passwordHash = await passwords.hash(password);
      if (passwordHash === BUSY) return { ok: false, reason: 'busy' };
      const user = { id: randomUUID(), name, passwordHash, roles: [GUEST], createdAt: now, disabledAt: null };
      return (await users.add(user, key)) ? { ok: true, user } : { ok: false, reason: 'name-taken' };
    },
  };
}
