import type { Kysely } from 'kysely';
import type { UsedAssertions } from '../domain/client-keys.ts';
import type { Schema } from './schema.ts';

export function createUsedAssertions(db: Kysely<Schema>): UsedAssertions {
  return {
    async use(clientId, jti, expiresAt) {
      const { numInsertedOrUpdatedRows = 0n } = await db
        .insertInto('used_assertions')
        .values({ client_id: clientId, jti, expires_at: expiresAt })
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirst();
      return numInsertedOrUpdatedRows === 1n;
    },
  };
}
