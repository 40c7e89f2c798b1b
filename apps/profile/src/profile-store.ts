import { isUniqueViolation } from '@roomkey/database';
import { sql, type Generated, type Kysely, type Selectable } from 'kysely';
import type { Avatars } from './domain/avatars.ts';
import { handleKey, type Owner, type Profile, type Profiles, type StoredProfile } from './domain/profiles.ts';

export interface ProfileSchema {
  readonly profiles: ProfileTable;
}

interface ProfileTable {
  issuer: string;
  subject: string;
  handle: string;
  handle_key: string;
  display_name: string;
  bio: string;
  links: string[];
  locale: string | null;
  avatar_image: Generated<string | null>;
  avatar_tag: Generated<string | null>;
  avatar_bytes: Generated<Buffer | null>;
  version: Generated<number>;
  created_at: Generated<Date>;
  updated_at: Generated<Date>;
}

/** All but the picture's bytes, which few want. */
const COLUMNS = [
  'handle',
  'display_name',
  'bio',
  'links',
  'locale',
  'avatar_image',
  'avatar_tag',
  'version',
  'created_at',
  'updated_at',
] as const;
type ProfileRow = Pick<Selectable<ProfileTable>, (typeof COLUMNS)[number]>;

/** Profiles and their pictures in PostgreSQL. */
export function createProfileStore(db: Kysely<ProfileSchema>): Profiles & Avatars {
  const profiles = db.selectFrom('profiles').select(COLUMNS);
  const withHandle = (handle: string) => sql<boolean>`handle_key = ${handleKey(handle)}`;
  const showAvatar = async (
    owner: Owner,
    avatar: Pick<Selectable<ProfileTable>, 'avatar_image' | 'avatar_tag' | 'avatar_bytes'>,
  ): Promise<StoredProfile | undefined> => {
    const row = await db
      .updateTable('profiles')
      .set({ ...avatar, version: sql`version + 1`, updated_at: sql`now()` })
      .where(isOf(owner))
      .returning(COLUMNS)
      .executeTakeFirst();
    return row && profileOf(row);
  };
  const exists = async (owner: Owner): Promise<boolean> =>
    (await profiles.where(isOf(owner)).executeTakeFirst()) !== undefined;

  return {
    async create(owner, profile) {
      const inserted = await unlessTaken(
        db
          .insertInto('profiles')
          .values({ ...owner, ...columnsOf(profile) })
          .onConflict((conflict) => conflict.columns(['issuer', 'subject']).doNothing())
          .returning(COLUMNS)
          .executeTakeFirst(),
      );
      // By a request of this user's own, perhaps: of two indexes that refuse, PostgreSQL names one.
      if (inserted === 'handle-taken') return (await exists(owner)) ? 'exists' : 'handle-taken';
      return inserted ? profileOf(inserted) : 'exists';
    },

    async find(owner) {
      const row = await profiles.where(isOf(owner)).executeTakeFirst();
      return row && profileOf(row);
    },

    async replace(owner, versions, profile) {
      const updated = await unlessTaken(
        db
          .updateTable('profiles')
          .set({ ...columnsOf(profile), version: sql`version + 1`, updated_at: sql`now()` })
          .where(isOf(owner))
          .where(sql<boolean>`version = any(${versions}::integer[])`)
          .returning(COLUMNS)
          .executeTakeFirst(),
      );
      if (updated === 'handle-taken') return updated;
      if (updated) return profileOf(updated);
      return (await exists(owner)) ? 'changed' : 'missing';
    },

    async findByHandle(handle) {
      const row = await profiles.where(withHandle(handle)).executeTakeFirst();
      return row && profileOf(row);
    },

    async search(prefix, { after = '', limit }) {
      const rows = await profiles
        .where(sql<boolean>`handle_key ^@ ${handleKey(prefix)}`)
        .where('handle_key', '>', after)
        .orderBy('handle_key')
        .limit(limit + 1)
        .execute();
      return { items: rows.slice(0, limit).map(profileOf), more: rows.length > limit };
    },

    setAvatar: (owner, image, { bytes, tag }) =>
      showAvatar(owner, { avatar_image: image, avatar_tag: tag, avatar_bytes: bytes }),

    removeAvatar: (owner) => showAvatar(owner, { avatar_image: null, avatar_tag: null, avatar_bytes: null }),

    async findAvatar(handle) {
      const row = await db
        .selectFrom('profiles')
        .select(['avatar_bytes', 'avatar_tag'])
        .where(withHandle(handle))
        .executeTakeFirst();
      const { avatar_bytes: bytes = null, avatar_tag: tag = null } = row ?? {};
      return bytes === null || tag === null ? undefined : { bytes, tag };
    },
  };
}

async function unlessTaken<Row>(write: Promise<Row>): Promise<Row | 'handle-taken'> {
  try {
    return await write;
  } catch (error) {
    if (isUniqueViolation(error, 'profiles_handle')) return 'handle-taken';
    throw error;
  }
}

const isOf = ({ issuer, subject }: Owner) => sql<boolean>`(issuer = ${issuer} and subject = ${subject})`;

const columnsOf = ({ handle, displayName, bio, links, locale }: Profile) => ({
  handle,
  handle_key: handleKey(handle),
  display_name: displayName,
  bio,
  links: [...links],
  locale: locale ?? null,
});

const profileOf = (row: ProfileRow): StoredProfile => ({
  handle: row.handle,
  displayName: row.display_name,
  bio: row.bio,
  links: row.links,
  locale: row.locale ?? undefined,
  avatar:
    row.avatar_image === null || row.avatar_tag === null
      ? undefined
      : { image: row.avatar_image, tag: row.avatar_tag },
  version: row.version,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});
