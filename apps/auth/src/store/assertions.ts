import { sql, type Kysely } from 'kysely';
import type { UsedAssertions } from '../domain/client-keys.ts';
import { inBatches } from './in-batches.ts';
import type { Schema } from './schema.ts';

interface Assertion {
  readonly clientId: string;
  readonly jti: string;
  readonly expiresAt: Date;
}

export function createUsedAssertions(db: Kysely<Schema>): UsedAssertions {
  const use = inBatches((assertions: readonly Assertion[]) => useAll(db, assertions));
  return { use: (clientId, jti, expiresAt) => use({ clientId, jti, expiresAt }) };
}

/**
 * One statement and one commit for all of them. The key of the table decides: of any number of equal ones, here or at other
 * replicas, one is stored. All replicas insert in the same order, so that none waits for another in a ring.
 */
async function useAll(db: Kysely<Schema>, assertions: readonly Assertion[]): Promise<boolean[]> {
  const { rows } = await sql<{ client_id: string; jti: string }>`
    insert into used_assertions (client_id, jti, expires_at)
    select client_id, jti, expires_at
    from unnest(${assertions.map((one) => one.clientId)}::text[], ${assertions.map((one) => one.jti)}::text[],
      ${assertions.map((one) => one.expiresAt)}::timestamptz[]) as shown (client_id, jti, expires_at)
    order by client_id, jti
    on conflict do nothing
    returning client_id, jti`.execute(db);
  const stored = new Set(rows.map((row) => nameOf(row.client_id, row.jti)));
  // The first of equal ones; the others find it gone.
  return assertions.map(({ clientId, jti }) => stored.delete(nameOf(clientId, jti)));
}

/** No client id has a blank in it. */
function nameOf(clientId: string, jti: string): string {
  return `${clientId} ${jti}`;
}
