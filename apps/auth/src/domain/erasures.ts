import { createHash, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import type { Atomically } from './atomically.ts';
import { userActor, type AuditLog } from './audit.ts';
import type { Proof, ProvePassword } from './password-proof.ts';
import type { ResourceRegistry } from './resources.ts';
import type { Revocation } from './revocation.ts';
import type { Counts } from './security-events.ts';
import type { UserStore } from './users.ts';

/**
 * The end of an account. In one transaction auth forgets the user, ends all sessions and writes an event for each service that
 * has to forget too; what becomes of those is in the report, which whoever holds the receipt can read without an account.
 */
export interface NewErasure {
  readonly id: string;
  /** SHA-256 of the receipt. */
  readonly receiptHash: Buffer;
  readonly subject: string;
  readonly requestedAt: Date;
  /** What is erased already, by auth itself. */
  readonly own: { readonly resource: string; readonly counts: Counts };
  /** The resource identifiers of the services that are still to erase. */
  readonly audiences: readonly string[];
}

export interface ErasureReport {
  readonly id: string;
  readonly requestedAt: Date;
  readonly services: readonly {
    readonly resource: string;
    readonly erasedAt: Date | null;
    readonly counts: Counts | null;
  }[];
}

export interface ErasureStore {
  add(erasure: NewErasure): Promise<void>;
  find(id: string): Promise<{ readonly receiptHash: Buffer; readonly report: ErasureReport } | undefined>;
}

/** What the person is given: the one way to the report. The receipt is nowhere stored. */
export interface Receipt {
  readonly id: string;
  readonly receipt: string;
}

interface ErasingStores {
  readonly users: UserStore;
  readonly revocation: Revocation;
  readonly audit: AuditLog;
  readonly erasures: ErasureStore;
}

export type EraseAccount = (
  stores: ErasingStores,
  account: {
    readonly userId: string;
    /** As it was when the password was proved. */ readonly passwordHash?: string;
  },
  act: { readonly actor: string; readonly now: Date },
) => Promise<Receipt | undefined>;

const RECEIPT_BYTES = 32;

/** What erases an account in a transaction; undefined when there is no such account, or it has another password by now. */
export function createAccountEraser(ownResource: string, registry: ResourceRegistry): EraseAccount {
  return async (stores, { userId, passwordHash }, { actor, now }) => {
    // Held before its sessions are ended, so that none is begun behind that.
    const user = await stores.users.hold(userId);
    if (user === undefined || (passwordHash !== undefined && user.passwordHash !== passwordHash))
      return undefined;
    await stores.revocation.revokeUser(userId, { reason: 'account-erased', actor }, now);
    const sessions = await stores.users.remove(userId);
    const id = randomUUID();
    const receipt = randomBytes(RECEIPT_BYTES).toString('base64url');
    await stores.erasures.add({
      id,
      receiptHash: hashReceipt(receipt),
      subject: userId,
      requestedAt: now,
      own: { resource: ownResource, counts: { accounts: 1, sessions } },
      audiences: registry.keepers.filter((identifier) => identifier !== ownResource),
    });
    await stores.audit.record([
      { at: now, actor, action: 'user.erase', targetKind: 'user', target: userId, details: { erasure: id } },
    ]);
    return { id, receipt };
  };
}

export interface ErasureParts {
  readonly users: UserStore;
  readonly erasures: ErasureStore;
  readonly provePassword: ProvePassword;
  readonly eraseAccount: EraseAccount;
  readonly atomically: Atomically<ErasingStores>;
}

export type Erasures = ReturnType<typeof createErasures>;

export type OwnErasure =
  | ({ readonly ok: true } & Receipt)
  | Exclude<Proof, { ok: true }>
  | { readonly ok: false; readonly reason: 'unknown' | 'erased' };

export function createErasures({ users, erasures, provePassword, eraseAccount, atomically }: ErasureParts) {
  return {
    /** Erases the account of whoever asks, who gives the password again. */
    async eraseOwn(
      { userId, password, addressPrefix }: { userId: string; password: string; addressPrefix: string },
      now: Date,
    ): Promise<OwnErasure> {
      const user = await users.find(userId);
      if (user === undefined) return { ok: false, reason: 'unknown' };
      const proof = await provePassword(user, password, addressPrefix, now);
      if (!proof.ok) return proof;
      const { passwordHash } = user;
      const receipt = await atomically((stores) =>
        eraseAccount(stores, { userId, passwordHash }, { actor: userActor(userId), now }),
      );
      if (receipt !== undefined) return { ok: true, ...receipt };
      // Since it was proved, another request has erased the account, or changed the password.
      return { ok: false, reason: (await users.find(userId)) === undefined ? 'erased' : 'wrong-password' };
    },

    /** Undefined for a receipt that is not the erasure's, and for an erasure that nobody knows. */
    async report(id: string, receipt: string): Promise<ErasureReport | undefined> {
      const found = await erasures.find(id);
      return found && timingSafeEqual(found.receiptHash, hashReceipt(receipt)) ? found.report : undefined;
    },
  };
}

const hashReceipt = (receipt: string): Buffer => createHash('sha256').update(receipt).digest();
