import { eraseSubject, type Counts, type EraseStep, type Subject } from '@roomkey/event-receiver';
import type { Kysely } from 'kysely';
import type { ProfileSchema } from './profile-store.ts';

/** What erases a user's profile, with its picture. The handle is free again: nothing says who had it. */
export function createEraser(db: Kysely<ProfileSchema>): (subject: Subject) => Promise<Counts> {
  return (subject) => eraseSubject(db, subject, [profile]);
}

const profile: EraseStep<ProfileSchema> = async (transaction, { issuer, subject }) => {
  const gone = await transaction
    .deleteFrom('profiles')
    .where('issuer', '=', issuer)
    .where('subject', '=', subject)
    .returning('avatar_image')
    .execute();
  return {
    profiles: gone.length,
    avatars: gone.filter((row) => row.avatar_image !== null).length,
  };
};
