import type { IncomingCall } from '@roomkey/token-client';
import type { Owner, StoredProfile } from './profiles.ts';

/** Side of the square that is kept, in pixels; a smaller picture stays as small as it is. */
export const AVATAR_SIDE = 256;
/** Largest picture that is kept. At this side, WebP of the image service has a tenth of it. */
export const MAX_AVATAR_BYTES = 256 * 1024;

/** A small square WebP: a copy, made when its user chose it. */
export interface AvatarPicture {
  readonly bytes: Buffer;
  /** Names the bytes: equal tags, equal bytes. */
  readonly tag: string;
}

/** Why there is no picture. */
export type PictureRefusal =
  | { readonly refusal: 'not-theirs' }
  /** The user's token does not let anybody ask for their pictures. */
  | { readonly refusal: 'no-right' }
  | { readonly refusal: 'token-over' }
  | { readonly refusal: 'away'; readonly retryAfterSeconds: number }
  /** What came is not what was asked for. */
  | { readonly refusal: 'nonsense' };

/** Where users' pictures are. */
export interface Pictures {
  /** Asks in the name of the user whose request it is, who is told of another's picture what they are told of none. */
  fetchAvatar(imageId: string, onBehalfOf: IncomingCall): Promise<AvatarPicture | PictureRefusal>;
}

/** Where avatars are kept, with the profiles they belong to. Each write is one statement. */
export interface Avatars {
  /** @returns the profile with it, `undefined` when there is no profile to show it on */
  setAvatar(owner: Owner, imageId: string, picture: AvatarPicture): Promise<StoredProfile | undefined>;
  /** @returns the profile without it, `undefined` when there is no profile */
  removeAvatar(owner: Owner): Promise<StoredProfile | undefined>;
  findAvatar(handle: string): Promise<AvatarPicture | undefined>;
}
