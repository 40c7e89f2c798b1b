/** Who an image belongs to: users are named by issuer and subject together, nothing else (RFC 9068 §2.2). */
export interface Owner {
  readonly issuer: string;
  readonly subject: string;
}

/** What originals are stored as: everything that comes in is encoded anew in one of these. */
export type StoredFormat = 'jpeg' | 'png' | 'webp';

/** An image as its owner sees it; it never changes. */
export interface Image {
  readonly id: string;
  readonly width: number;
  readonly height: number;
  readonly format: StoredFormat;
  /** Size of the stored original. */
  readonly bytes: number;
  /** SHA-256 of the stored original, in hex. */
  readonly contentHash: string;
  readonly createdAt: Date;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Whether a text of a client can name an image at all; what cannot is simply not found. */
export const isImageId = (text: string): boolean => UUID.test(text);
