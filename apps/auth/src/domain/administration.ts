import type { Atomically } from './atomically.ts';
import type { AuditEntry, AuditLog } from './audit.ts';
import { definitionFaults } from './client-definition.ts';
import type { EraseAccount, ErasureStore, Receipt } from './erasures.ts';
import type { ClientDefinition, ClientRegistry } from './clients.ts';
import type { ResourceRegistry } from './resources.ts';
import type { Revocation } from './revocation.ts';
import type { Roles } from './roles.ts';
import type { SigningKeys } from './signing-keys.ts';
import type { UserStore } from './users.ts';

export interface AdministeredStores {
  readonly users: UserStore;
  readonly clients: ClientRegistry;
  readonly revocation: Revocation;
  readonly keys: SigningKeys;
  readonly audit: AuditLog;
  readonly erasures: ErasureStore;
}

export type AdminResult =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: 'unknown' }
  | { readonly ok: false; readonly reason: 'declared' | 'invalid'; readonly faults: readonly string[] };

/** Who acts, and when. */
export interface Act {
  readonly actor: string;
  readonly now: Date;
}

export type Administration = ReturnType<typeof createAdministration>;

const DONE = { ok: true } as const;
const UNKNOWN = { ok: false, reason: 'unknown' } as const;

/**
 * What administrators do, for the API and the command line alike. Every act and its entry in the audit log are one
 * transaction.
 */
export function createAdministration(
  atomically: Atomically<AdministeredStores>,
  registry: ResourceRegistry,
  roles: Roles,
  eraseAccount: EraseAccount,
) {
  return {
    /** Publishes the next signing key; it signs when all verifiers know it. @returns its key id */
    rotateKeys: ({ actor, now }: Act): Promise<string> =>
      atomically(async ({ keys, audit }) => {
        const kid = await keys.rotate(now);
        await audit.record([entry('key.rotate', 'key', kid, actor, now)]);
        return kid;
      }),

    /** A key has leaked: what it signed is refused at once, and its successor signs at once, known to verifiers or not. */
    revokeKey: (kid: string, { actor, now }: Act): Promise<AdminResult> =>
      atomically(async ({ keys, audit }) => {
        if (!(await keys.revoke(kid, now))) return UNKNOWN;
        await audit.record([entry('key.revoke', 'key', kid, actor, now)]);
        return DONE;
      }),

    putClient: (definition: ClientDefinition, { actor, now }: Act): Promise<AdminResult> =>
      atomically(async ({ clients, audit }) => {
        const faults = definitionFaults(definition, registry);
        if (faults.length > 0) return { ok: false, reason: 'invalid', faults };
        if ((await clients.find(definition.id))?.declared) return DECLARED;
        await clients.put([definition], false, now);
        await audit.record([entry('client.put', 'client', definition.id, actor, now)]);
        return DONE;
      }),

    /** Disabling revokes what the client holds. */
    setClientDisabled: (id: string, isDisabled: boolean, { actor, now }: Act): Promise<AdminResult> =>
      atomically(async ({ clients, revocation, audit }) => {
        if ((await clients.find(id)) === undefined) return UNKNOWN;
        await clients.setDisabled(id, isDisabled ? now : null);
        await audit.record([
          entry(isDisabled ? 'client.disable' : 'client.enable', 'client', id, actor, now),
        ]);
        if (isDisabled) await revocation.revokeClient(id, { reason: 'client-disabled', actor }, now);
        return DONE;
      }),

    revokeClientTokens: (id: string, { actor, now }: Act): Promise<AdminResult> =>
      atomically(async ({ clients, revocation }) => {
        if ((await clients.find(id)) === undefined) return UNKNOWN;
        await revocation.revokeClient(id, { reason: 'ended-by-admin', actor }, now);
        return DONE;
      }),

    removeClient: (id: string, { actor, now }: Act): Promise<AdminResult> =>
      atomically(async ({ clients, revocation, audit }) => {
        const client = await clients.find(id);
        if (client === undefined) return UNKNOWN;
        if (client.declared) return DECLARED;
        await revocation.revokeClient(id, { reason: 'client-disabled', actor }, now);
        await clients.remove(id);
        await audit.record([entry('client.remove', 'client', id, actor, now)]);
        return DONE;
      }),

    /** Disabling ends the user's sessions. */
    setUserDisabled: (id: string, isDisabled: boolean, { actor, now }: Act): Promise<AdminResult> =>
      atomically(async ({ users, revocation, audit }) => {
        if ((await users.find(id)) === undefined) return UNKNOWN;
        await users.setDisabled(id, isDisabled ? now : null);
        await audit.record([entry(isDisabled ? 'user.disable' : 'user.enable', 'user', id, actor, now)]);
        if (isDisabled) await revocation.revokeUser(id, { reason: 'user-disabled', actor }, now);
        return DONE;
      }),

    /** Erases a user here and has all services do so. @returns the way to the report; undefined when there is no such user */
    eraseUser: (userId: string, act: Act): Promise<Receipt | undefined> =>
      atomically((stores) => eraseAccount(stores, { userId }, act)),

    setUserRoles: (id: string, held: readonly string[], { actor, now }: Act): Promise<AdminResult> =>
      atomically(async ({ users, audit }) => {
        const unknown = held.filter((role) => !Object.hasOwn(roles, role));
        if (unknown.length > 0)
          return { ok: false, reason: 'invalid', faults: unknown.map((role) => `there is no role ${role}`) };
        const user = await users.find(id);
        if (user === undefined) return UNKNOWN;
        await users.setRoles(id, [...new Set(held)]);
        await audit.record([entry('user.roles', 'user', id, actor, now, { from: user.roles, to: held })]);
        return DONE;
      }),

    /** @returns how many ended */
    endSessionsOfUser: (id: string, { actor, now }: Act): Promise<number> =>
      atomically(({ revocation }) => revocation.revokeUser(id, { reason: 'ended-by-admin', actor }, now)),

    endSession: (id: string, { actor, now }: Act): Promise<AdminResult> =>
      atomically(async ({ revocation }) =>
        (await revocation.revokeSession(id, { reason: 'ended-by-admin', actor }, now)) ? DONE : UNKNOWN,
      ),
  };
}

const DECLARED = {
  ok: false,
  reason: 'declared',
  faults: ['this client is declared by the settings; change it there'],
} as const;

function entry(
  action: string,
  targetKind: AuditEntry['targetKind'],
  target: string,
  actor: string,
  at: Date,
  details: AuditEntry['details'] = {},
): AuditEntry {
  return { at, actor, action, targetKind, target, details };
}
