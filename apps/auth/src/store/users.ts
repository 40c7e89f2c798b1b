import type { Kysely, Selectable } from 'kysely';
import type { User, UserStore } from '../domain/users.ts';
import { isUuid } from '../domain/uuid.ts';
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

    async find(id) {
      // A client's subject is no user's id, and is not for the database to refuse.
      if (!isUuid(id)) return undefined;
      const row = await db.selectFrom('users').selectAll().where('id', '=', id).executeTakeFirst();
      return row && userOf(row);
    },

    async hold(id) {
      if (!isUuid(id)) return undefined;
      const row = await db
        .selectFrom('users')
        .selectAll()
        .where('id', '=', id)
        .forUpdate()
        .executeTakeFirst();
      return row && userOf(row);
    },

    async remove(id) {
      const { numDeletedRows } = await db.deleteFrom('sessions').where('user_id', '=', id).executeTakeFirst();
      await db.deleteFrom('users').where('id', '=', id).execute();
      return Number(numDeletedRows);
    },

    async findByName(nameKey) {
      const row = await db.selectFrom('users').selectAll().where('name_key', '=', nameKey).executeTakeFirst();
      return row && userOf(row);
    },

    async list({ namePrefix, after, limit }) {
      const rows = await db
        .selectFrom('users')
        .selectAll()
        .where('name_key', '>', after)
        .where((user) => user.fn('starts_with', ['name_key', user.val(namePrefix)]))
        .orderBy('name_key')
        .limit(limit)
        .execute();
      return rows.map(userOf);
    },

    async replacePassword(id, from, to) {
      const { numUpdatedRows } = await db
        .updateTable('users')
        .set({ password_hash: to })
        .where('id', '=', id)
        .where('password_hash', '=', from)
        .executeTakeFirst();
      return numUpdatedRows === 1n;
    },

    async setRoles(id, roles) {
      await db
        .updateTable('users')
        .set({ roles: [...roles] })
        .where('id', '=', id)
        .execute();
    },

    async setDisabled(id, disabledAt) {
      await db.updateTable('users').set({ disabled_at: disabledAt }).where('id', '=', id).execute();
    },
  };
}

export function userOf(row: Omit<Selectable<UserRow>, 'name_key'>): User {
  return {
    id: row.id,
    name: row.name,
    passwordHash: row.password_hash,
    roles: row.roles,
    createdAt: row.created_at,
    disabledAt: row.disabled_at,
  };
}
