/** A user: subjects are unique within their issuer only (security 12). */
export interface Owner {
  readonly issuer: string;
  readonly subject: string;
}

/** What a user says about themself. */
export interface Profile {
  /** As the user writes it; no two differ by case alone. */
  readonly handle: string;
  readonly displayName: string;
  readonly bio: string;
  /** https addresses. */
  readonly links: readonly string[];
  /** Language tag (BCP 47); for the user's own eyes. */
  readonly locale: string | undefined;
}

/** `version` counts the writes from 1. */
export interface StoredProfile extends Profile {
  /** The image its picture was made of, and the tag of the picture. */
  readonly avatar: { readonly image: string; readonly tag: string } | undefined;
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

interface Page {
  /** Where to go on: profiles behind this one, in the order of `handleKey`. */
  readonly after: string | undefined;
  readonly limit: number;
}

/** Where profiles are kept, one a user. Each write is one statement: it happens as a whole, or not at all. */
export interface Profiles {
  create(owner: Owner, profile: Profile): Promise<StoredProfile | 'exists' | 'handle-taken'>;
  find(owner: Owner): Promise<StoredProfile | undefined>;
  /** Writes only over one of the versions. */
  replace(
    owner: Owner,
    versions: readonly number[],
    profile: Profile,
  ): Promise<StoredProfile | 'missing' | 'changed' | 'handle-taken'>;
  findByHandle(handle: string): Promise<StoredProfile | undefined>;
  /** Profiles whose handles begin like this, in the order of `handleKey`. */
  search(prefix: string, page: Page): Promise<{ items: StoredProfile[]; more: boolean }>;
}

/** Handles with the same key are the same handle. They are ASCII, so lower case is lower case in every language. */
export function handleKey(handle: string): string {
  return handle.toLowerCase();
}
