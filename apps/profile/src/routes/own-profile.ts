import type { Principal } from '@roomkey/resource-server';
import { Problem } from '@roomkey/service';
import type { Owner, StoredProfile } from '../domain/profiles.ts';

export const NO_PROFILE = new Problem(
  'not-found',
  'You have no profile yet; create it with PUT /profile/me and If-None-Match: *.',
);

export function ownerOf({ issuer, subject }: Principal): Owner {
  return { issuer, subject };
}

/** What its user sees of a profile. */
export function ownView(profile: StoredProfile, prefix: string) {
  const { handle, displayName, bio, links, locale, avatar, createdAt, updatedAt } = profile;
  return {
    handle,
    displayName,
    bio,
    links: [...links],
    ...(avatar && { avatar: avatarPath(profile, prefix), avatarImage: avatar.image }),
    ...(locale !== undefined && { locale }),
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  };
}

/** What everybody else sees of it. */
export function publicView(profile: StoredProfile, prefix: string) {
  const { handle, displayName, bio, links, avatar } = profile;
  return {
    handle,
    displayName,
    bio,
    links: [...links],
    ...(avatar && { avatar: avatarPath(profile, prefix) }),
  };
}

const avatarPath = ({ handle }: StoredProfile, prefix: string): string =>
  `${prefix}/profiles/${handle}/avatar`;
