import type { Image, Owner, Visibility } from './image.ts';

/** What one owner may keep. */
export interface Quota {
  readonly maxImages: number;
  readonly maxBytes: number;
}

/** The last image of a page. */
export type ListPosition = Pick<Image, 'createdAt' | 'id'>;

/** The rows: an image exists when, and only when, it has one. */
export interface ImageCatalog {
  /** Whether the owner may add anything at all; spares the work where the answer is no, and promises nothing. */
  hasRoom(owner: Owner, quota: Quota): Promise<boolean>;
  /** Makes an image exist if the quota allows it, in one step that holds against uploads beside it. */
  add(image: Omit<Image, 'createdAt'>, quota: Quota): Promise<Image | 'quota-exceeded' | 'owner-erased'>;
  find(id: string): Promise<Image | undefined>;
  /** Which of these images exist. */
  existing(ids: readonly string[]): Promise<ReadonlySet<string>>;
  /** Newest first, from where the page before ended. */
  list(owner: Owner, page: { limit: number; after: ListPosition | undefined }): Promise<Image[]>;
  /** @returns the image as it is now, `undefined` when this owner has none with that id */
  setVisibility(owner: Owner, id: string, visibility: Visibility): Promise<Image | undefined>;
  /** Ends an image and gives its room back. */
  remove(owner: Owner, id: string): Promise<boolean>;
}
