import type { Kysely, Selectable } from 'kysely';
import type { User, UserStore } from '../domain/accounts.ts';
import type { Schema, UserRow } from './schema.ts';

export function createUserStore(db: Kysely<Schema>): UserStore {
  return {
    async add(user, nameKey) {
      const { numInsertedOrUpdatedRows = 0n } = await db
        .insertInto('users')
        .values({
          id: user.id,
          name: user.name,
          name_key: nameKey,
          password_hash: user.passwordHash,
          roles: [...user.roles],
          created_at: user.createdAt,
        })
        .onConflict((conflict) => conflict.column('name_key').doNothing())
        .executeTakeFirst();
      return numInsertedOrUpdatedRows === 1n;
    },
    find: async (id) =>
      userOf(await db.selectFrom('users').selectAll().where('id', '=', id).executeTakeFirst()),
    findByName: async (nameKey) =>
      userOf(await db.selectFrom('users').selectAll().where('name_key', '=', nameKey).executeTakeFirst()),
  };
}

function userOf(row: Selectable<UserRow> | undefined): User | undefined {
  return (
    row && {
      id: row.id,
      name: row.name,
      passwordHash: row.password_hash,
      roles: row.roles,
      createdAt: row.created_at,
      disabledAt: row.disabled_at,
    }
  );
}
