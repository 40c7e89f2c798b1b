import { sql, type Kysely } from 'kysely';
import type { Visitors } from '../domain/visitors.ts';
import type { ClientRow, Schema } from './schema.ts';
import { userOf } from './users.ts';

type SeenUser = Parameters<typeof userOf>[0];

interface SeenClient {
  readonly client_kind: ClientRow['kind'];
  readonly client_grants: string[];
  readonly client_scopes: string[];
  readonly client_resources: string[];
  readonly client_disabled_at: Date | null;
}

type OrNone<Row> = Row | Readonly<Record<keyof Row, null>>;

export function createVisitors(db: Kysely<Schema>): Visitors {
  return {
    /** One statement: at a desk between two hashes, each one costs as much as all that it does. */
    async find({ clientId, nameKey, addressPrefix }, since) {
      const { rows } = await sql<OrNone<SeenUser> & OrNone<SeenClient> & { is_familiar: boolean }>`
        select users.id, users.name, users.password_hash, users.roles, users.created_at, users.disabled_at,
          clients.kind as client_kind, clients.grants as client_grants, clients.scopes as client_scopes,
          clients.resources as client_resources, clients.disabled_at as client_disabled_at,
          exists (
            select from sessions
            where user_id = users.id and address_prefix = ${addressPrefix} and created_at > ${since}
          ) as is_familiar
        from (values (true)) as visit
        left join users on users.name_key = ${nameKey}
        left join clients on clients.id = ${clientId}`.execute(db);
      const [row] = rows;
      return {
        user: row && row.id !== null ? userOf(row) : undefined,
        client:
          row && row.client_kind !== null
            ? {
                id: clientId,
                kind: row.client_kind,
                grants: row.client_grants,
                scopes: row.client_scopes,
                resources: row.client_resources,
                disabledAt: row.client_disabled_at,
              }
            : undefined,
        isFamiliar: row?.is_familiar === true,
      };
    },

    async isFamiliar(userId, addressPrefix, since) {
      const session = await db
        .selectFrom('sessions')
        .select('id')
        .where('user_id', '=', userId)
        .where('address_prefix', '=', addressPrefix)
        .where('created_at', '>', since)
        .limit(1)
        .executeTakeFirst();
      return session !== undefined;
    },
  };
}
