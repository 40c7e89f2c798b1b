import type { Kysely, Selectable } from 'kysely';
import type { Client, ClientDefinition, ClientStore } from '../domain/clients.ts';
import type { ClientRow, Schema } from './schema.ts';

export interface ClientRegistry extends ClientStore {
  /** Brings the registry to what the settings declare. */
  declare(definitions: readonly ClientDefinition[], now: Date): Promise<void>;
}

export function createClientStore(db: Kysely<Schema>): ClientRegistry {
  return {
    find: async (id) =>
      clientOf(await db.selectFrom('clients').selectAll().where('id', '=', id).executeTakeFirst()),
    async declare(definitions, now) {
      await db
        .insertInto('clients')
        .values(
          definitions.map((definition) => ({ ...columnsOf(definition), declared: true, created_at: now })),
        )
        .onConflict((conflict) =>
          conflict.column('id').doUpdateSet((columns) => ({
            kind: columns.ref('excluded.kind'),
            grants: columns.ref('excluded.grants'),
            scopes: columns.ref('excluded.scopes'),
            resources: columns.ref('excluded.resources'),
            signing_algorithm: columns.ref('excluded.signing_algorithm'),
            jwks: columns.ref('excluded.jwks'),
            jwks_uri: columns.ref('excluded.jwks_uri'),
            exchange: columns.ref('excluded.exchange'),
            declared: columns.ref('excluded.declared'),
          })),
        )
        .execute();
    },
  };
}

function columnsOf(definition: ClientDefinition) {
  return {
    id: definition.id,
    kind: definition.kind,
    grants: [...definition.grants],
    scopes: [...definition.scopes],
    resources: [...definition.resources],
    signing_algorithm: definition.signingAlgorithm,
    jwks: definition.jwks && JSON.stringify(definition.jwks),
    jwks_uri: definition.jwksUri,
    exchange: definition.exchange && JSON.stringify(definition.exchange),
  };
}

function clientOf(row: Selectable<ClientRow> | undefined): Client | undefined {
  return (
    row && {
      id: row.id,
      kind: row.kind,
      grants: row.grants,
      scopes: row.scopes,
      resources: row.resources,
      signingAlgorithm: row.signing_algorithm,
      jwks: row.jwks,
      jwksUri: row.jwks_uri,
      exchange: row.exchange,
      declared: row.declared,
      createdAt: row.created_at,
      disabledAt: row.disabled_at,
      tokensRevokedAt: row.tokens_revoked_at,
    }
  );
}
