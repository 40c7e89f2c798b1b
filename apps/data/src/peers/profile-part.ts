import { isValid, Type, type Static } from '@roomkey/schema';
import { heldFile, type ExportFile, type Keeper } from '../domain/export.ts';
import { peerFor, requirePart, type Peer, type PeerOptions } from './peer.ts';

const PROFILE_BYTES = 64 * 1024;
const Profile = Type.Object({
  handle: Type.String({ pattern: '^[A-Za-z][A-Za-z0-9_]{2,29}$' }),
  avatar: Type.Optional(Type.String()),
});

/** A user's profile and the picture on it, which profile keeps; nothing where they have none. */
export function profilePart(options: PeerOptions): Keeper {
  return {
    name: 'profile',
    async open({ onBehalfOf }) {
      const peer = peerFor(options, 'profile:read', onBehalfOf);
      const profile = await peer.json('/me', PROFILE_BYTES);
      if (profile === undefined) return files(peer, undefined);
      if ('refusal' in profile) return profile;
      return isValid(Profile, profile.value) ? files(peer, profile.value) : { refusal: 'nonsense' };
    },
  };
}

async function* files(peer: Peer, profile: Static<typeof Profile> | undefined): AsyncGenerator<ExportFile> {
  if (profile === undefined) return;
  const text = Buffer.from(`${JSON.stringify(profile, null, 2)}\n`);
  yield heldFile('profile/profile.json', 'json', text, { profiles: 1 });
  if (profile.avatar === undefined) return;
  const avatar = await peer.bytes(`/profiles/${profile.handle}/avatar`);
  // Taken off meanwhile.
  if (avatar === undefined) return;
  const { body } = requirePart(avatar);
  yield { path: 'profile/avatar.webp', kind: 'picture', content: body, holds: () => ({ avatars: 1 }) };
}
