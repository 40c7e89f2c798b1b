import type { Kysely } from 'kysely';
import { createUsedAssertions } from './assertions.ts';
import { createAuditLog } from './audit.ts';
import { createClientStore } from './clients.ts';
import { createErasureStore } from './erasures.ts';
import { createExpiry } from './expiry.ts';
import { createLimitStore } from './limits.ts';
import { createOutbox } from './outbox.ts';
import { createRevocation } from './revocations.ts';
import type { Schema } from './schema.ts';
import { createSessionStore } from './sessions.ts';
import { createSigningKeyStore } from './signing-keys.ts';
import { createStatusListStore } from './status-lists.ts';
import { createTokenStandingStore } from './token-standing.ts';
import { createUserStore } from './users.ts';
import { createVisitors } from './visitors.ts';

export type Stores = ReturnType<typeof createStores>;

/** Every store on one database. */
export function createStores(db: Kysely<Schema>) {
  return {
    ...storesOn(db),
    /** The same stores in one transaction: all of the work happens, or nothing. */
    atomically: <Result>(work: (stores: ReturnType<typeof storesOn>) => Promise<Result>): Promise<Result> =>
      db.transaction().execute((transaction) => work(storesOn(transaction))),
  };
}

function storesOn(db: Kysely<Schema>) {
  return {
    users: createUserStore(db),
    visitors: createVisitors(db),
    clients: createClientStore(db),
    sessions: createSessionStore(db),
    revocation: createRevocation(db),
    signingKeys: createSigningKeyStore(db),
    statusLists: createStatusListStore(db),
    tokenStanding: createTokenStandingStore(db),
    usedAssertions: createUsedAssertions(db),
    limits: createLimitStore(db),
    audit: createAuditLog(db),
    expiry: createExpiry(db),
    erasures: createErasureStore(db),
    outbox: createOutbox(db),
  };
}
