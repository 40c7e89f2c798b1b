import type { DocumentAddress, DocumentInfo, User } from './documents.ts';

export type Access = 'read' | 'write';

/** That another user of the owner's issuer may reach a document. */
export interface Share {
  readonly subject: string;
  readonly access: Access;
  readonly since: Date;
}

/** A document of somebody else that a user may reach. */
export interface SharedInfo extends DocumentInfo {
  /** The subject whose document it is. */
  readonly owner: string;
  readonly collection: string;
  readonly access: Access;
}

export const MAX_SHARES_PER_DOCUMENT = 100;

/** Who may reach which document besides its owner. A share ends with its document. */
export interface Shares {
  /** Shares a document, or changes how it is shared. Whether the subject exists is not known here. */
  put(address: DocumentAddress, subject: string, access: Access): Promise<Share | 'missing' | 'too-many'>;
  /** The shares of a document by subject; `undefined` when there is no such document. */
  list(address: DocumentAddress): Promise<Share[] | undefined>;
  /** The shares of these documents of a user, by document. */
  ofDocuments(owner: User, ids: readonly string[]): Promise<ReadonlyMap<string, readonly Share[]>>;
  find(address: DocumentAddress, subject: string): Promise<Share | undefined>;
  remove(address: DocumentAddress, subject: string): Promise<boolean>;
  /** What others share with a user, in the order of ids. */
  sharedWith(
    guest: User,
    page: { readonly after: string | undefined; readonly limit: number },
  ): Promise<{ items: SharedInfo[]; more: boolean }>;
}
