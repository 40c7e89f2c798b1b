import { sql, type Kysely, type Selectable } from 'kysely';
import type { Client, ClientDefinition, ClientRegistry } from '../domain/clients.ts';
import { inBatches } from './in-batches.ts';
import type { ClientRow, Schema } from './schema.ts';

export function createClientStore(db: Kysely<Schema>): ClientRegistry {
  return {
    find: inBatches((ids: readonly string[]) => findAll(db, ids)),

    async all() {
      const rows = await db.selectFrom('clients').selectAll().orderBy('id').execute();
      return rows.map(clientOf);
    },

    async put(definitions, declared, now) {
      await db
        .insertInto('clients')
        .values(definitions.map((definition) => ({ ...columnsOf(definition), declared, created_at: now })))
        .onConflict((conflict) =>
          conflict.column('id').doUpdateSet((columns) => ({
            kind: columns.ref('excluded.kind'),
            grants: columns.ref('excluded.grants'),
            scopes: columns.ref('excluded.scopes'),
            resources: columns.ref('excluded.resources'),
            own_resources: columns.ref('excluded.own_resources'),
            exchange: columns.ref('excluded.exchange'),
            signing_algorithm: columns.ref('excluded.signing_algorithm'),
            jwks: columns.ref('excluded.jwks'),
            jwks_uri: columns.ref('excluded.jwks_uri'),
            declared: columns.ref('excluded.declared'),
          })),
        )
        .execute();
    },

    async setDisabled(id, disabledAt) {
      await db.updateTable('clients').set({ disabled_at: disabledAt }).where('id', '=', id).execute();
    },

    async remove(id) {
      await db.deleteFrom('clients').where('id', '=', id).execute();
    },
  };
}

async function findAll(db: Kysely<Schema>, ids: readonly string[]): Promise<(Client | undefined)[]> {
  const rows = await db
    .selectFrom('clients')
    .selectAll()
    .where('id', '=', sql<string>`any(${[...new Set(ids)]}::text[])`)
    .execute();
  const clients = new Map(rows.map((row) => [row.id, clientOf(row)]));
  return ids.map((id) => clients.get(id));
}

function columnsOf(definition: ClientDefinition) {
  return {
    id: definition.id,
    kind: definition.kind,
    grants: [...definition.grants],
    scopes: [...definition.scopes],
    resources: [...definition.resources],
    own_resources: [...definition.ownResources],
    exchange: JSON.stringify(definition.exchange),
    signing_algorithm: definition.signingAlgorithm,
    jwks: definition.jwks && JSON.stringify(definition.jwks),
    jwks_uri: definition.jwksUri,
  };
}

function clientOf(row: Selectable<ClientRow>): Client {
  return {
    id: row.id,
    kind: row.kind,
    grants: row.grants,
    scopes: row.scopes,
    resources: row.resources,
    ownResources: row.own_resources,
    exchange: row.exchange,
    signingAlgorithm: row.signing_algorithm,
    jwks: row.jwks,
    jwksUri: row.jwks_uri,
    declared: row.declared,
    createdAt: row.created_at,
    disabledAt: row.disabled_at,
  };
}
