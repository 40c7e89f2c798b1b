/** Who an image belongs to: users are named by issuer and subject together, nothing else (RFC 9068 §2.2). */
export interface Owner {
  readonly issuer: string;
  readonly subject: string;
}

/** What originals are stored as: everything that comes in is encoded anew in one of these. */
export type StoredFormat = 'jpeg' | 'png' | 'webp';

/** Public images are shown to everybody who knows their id; they are still changed by their owner alone. */
export type Visibility = 'private' | 'public';

/** An image; nothing of it but its visibility ever changes. */
export interface Image {
  readonly id: string;
  readonly owner: Owner;
  readonly visibility: Visibility;
  readonly width: number;
  readonly height: number;
  readonly format: StoredFormat;
  /** Size of the stored original. */
  readonly bytes: number;
  /** SHA-256 of the stored original, in hex. */
  readonly contentHash: string;
  readonly createdAt: Date;
}

/** By what right somebody may see an image, without a link. */
export type Standing = 'public' | 'owner' | 'none';

/** @param reader who asks, as far as that is known */
export function standingOf(image: Image, reader: Owner | undefined): Standing {
  if (image.visibility === 'public') return 'public';
  return reader && isOwner(image, reader) ? 'owner' : 'none';
}

export const isOwner = ({ owner }: Image, { issuer, subject }: Owner): boolean =>
  owner.issuer === issuer && owner.subject === subject;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Whether a text of a client can name an image at all; what cannot is simply not found. */
export const isImageId = (text: string): boolean => UUID.test(text);
