import type { Kysely } from 'kysely';
import { createClientStore } from './clients.ts';
import { createRevocationStore } from './revocations.ts';
import type { Schema } from './schema.ts';
import { createSessionStore } from './sessions.ts';
import { createSigningKeyStore } from './signing-keys.ts';
import { createStatusListStore } from './status-lists.ts';
import { createUserStore } from './users.ts';

export type Stores = ReturnType<typeof createStores>;

/** Every store on one database. */
export function createStores(db: Kysely<Schema>) {
  return {
    users: createUserStore(db),
    clients: createClientStore(db),
    sessions: createSessionStore(db),
    revocations: createRevocationStore(db),
    signingKeys: createSigningKeyStore(db),
    statusLists: createStatusListStore(db),
  };
}
