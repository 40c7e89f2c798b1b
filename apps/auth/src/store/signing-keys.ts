import { sql, type Kysely, type Selectable, type Transaction } from 'kysely';
import type { KeyChange, SigningKey, SigningKeyStore } from '../domain/signing-keys.ts';
import { inTransaction } from './in-transaction.ts';
import type { Schema, SigningKeyRow } from './schema.ts';

/** Advisory lock of this database: whoever changes keys holds it. */
const KEY_LOCK = 0x6b_65_79_73;
/** Told at every change of the signing keys. */
export const SIGNING_KEYS_CHANNEL = 'signing_keys';

export function createSigningKeyStore(db: Kysely<Schema>): SigningKeyStore {
  return {
    all: () => allKeys(db),
    async change(decide) {
      await inTransaction(db, async (transaction) => {
        await sql`select pg_advisory_xact_lock(${KEY_LOCK})`.execute(transaction);
        const changes = await decide(await allKeys(transaction));
        for (const change of changes) await apply(transaction, change);
        if (changes.length > 0) await sql`select pg_notify(${SIGNING_KEYS_CHANNEL}, '')`.execute(transaction);
      });
    },
  };
}

async function allKeys(db: Kysely<Schema>): Promise<SigningKey[]> {
  const rows = await db.selectFrom('signing_keys').selectAll().orderBy('activates_at').execute();
  return rows.map(keyOf);
}

async function apply(transaction: Transaction<Schema>, change: KeyChange): Promise<void> {
  const keys = transaction.updateTable('signing_keys');
  switch (change.kind) {
    case 'publish':
      await transaction.insertInto('signing_keys').values(columnsOf(change.key)).execute();
      return;
    case 'activate':
      await keys.set({ activates_at: change.at }).where('kid', '=', change.kid).execute();
      return;
    case 'revoke':
      await keys.set({ revoked_at: change.at }).where('kid', '=', change.kid).execute();
      return;
    case 'forget':
      await transaction.deleteFrom('signing_keys').where('kid', '=', change.kid).execute();
  }
}

function columnsOf(key: SigningKey) {
  return {
    kid: key.kid,
    algorithm: key.algorithm,
    public_jwk: JSON.stringify(key.publicJwk),
    sealed_private_key: key.sealedPrivateKey,
    published_at: key.publishedAt,
    activates_at: key.activatesAt,
    revoked_at: key.revokedAt,
  };
}

function keyOf(row: Selectable<SigningKeyRow>): SigningKey {
  return {
    kid: row.kid,
    algorithm: row.algorithm,
    publicJwk: row.public_jwk,
    sealedPrivateKey: row.sealed_private_key,
    publishedAt: row.published_at,
    activatesAt: row.activates_at,
    revokedAt: row.revoked_at,
  };
}
