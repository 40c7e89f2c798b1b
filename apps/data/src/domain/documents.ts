import { readJsonText, type JsonObject, type JsonText } from './json-text.ts';
import { mergePatch } from './merge-patch.ts';
import type { Term } from './terms.ts';

/** A user: subjects are unique within their issuer only (security 12). */
export interface User {
  readonly issuer: string;
  readonly subject: string;
}

export interface CollectionAddress {
  readonly owner: User;
  readonly collection: string;
}

export interface DocumentAddress extends CollectionAddress {
  readonly id: string;
}

/** A document of somebody else, as far as it is shared with the guest. */
export interface SharedAddress {
  readonly guest: User;
  readonly id: string;
}

/** What is known of a document besides its text. `version` counts its writes from 1. */
export interface DocumentInfo {
  readonly id: string;
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface StoredDocument extends DocumentInfo {
  /** JSON, as it was written. */
  readonly text: string;
}

export interface Page {
  /** Where to go on: documents behind this id, in the order of ids. */
  readonly after: string | undefined;
  readonly limit: number;
  /** Only documents that have all of these terms. */
  readonly terms: readonly Term[];
}

/** Makes repetitions of one create harmless: the key its sender gave it, and what tells its body from another. */
export interface CreateOnce {
  readonly key: string;
  readonly fingerprint: string;
}

/** Why a write that names versions was not done: nothing there for this user, another version than those, or not theirs to write. */
export type WriteRefusal = 'missing' | 'changed' | 'read-only';

/** Where documents are kept. Each write is one transaction: it happens as a whole, or not at all. */
export interface Documents {
  /** @returns what was stored, by this call or by the first one with the key of `once` */
  create(
    address: CollectionAddress,
    document: JsonText,
    once?: CreateOnce,
  ): Promise<DocumentInfo | 'quota-exceeded' | 'key-reused'>;
  /**
   * A page in the order of ids; it ends early when its texts grow large, or when many documents were looked at in vain.
   *
   * @returns `next`: after which id to go on, where there may be more
   */
  list(address: CollectionAddress, page: Page): Promise<{ items: StoredDocument[]; next?: string }>;
  /** The collections in which a user has documents, by name. */
  collections(owner: User): Promise<string[]>;
  find(address: DocumentAddress | SharedAddress): Promise<StoredDocument | undefined>;
  /** Writes only over one of the versions. */
  replace(
    address: DocumentAddress | SharedAddress,
    versions: readonly number[],
    document: JsonText,
    kind: 'replaced' | 'patched',
  ): Promise<DocumentInfo | WriteRefusal>;
  /** Removes only one of the versions. */
  remove(address: DocumentAddress, versions: readonly number[]): Promise<'removed' | WriteRefusal>;
}

/**
 * Merges a patch (RFC 7396) into a document, if it still has one of the versions when the result is written.
 *
 * @returns what is stored now, why nothing was written, or a sentence that says why the result cannot be kept
 */
export async function patchDocument(
  documents: Documents,
  address: DocumentAddress | SharedAddress,
  versions: readonly number[],
  patch: JsonObject,
): Promise<DocumentInfo | WriteRefusal | { readonly fault: string }> {
  const current = await documents.find(address);
  if (!current) return 'missing';
  if (!versions.includes(current.version)) return 'changed';
  const stored = readJsonText(Buffer.from(current.text));
  if (!stored.ok) throw new Error(`the document ${current.id} is stored but not readable: ${stored.fault}`);
  const patched = readJsonText(Buffer.from(JSON.stringify(mergePatch(stored.document.content, patch))));
  if (!patched.ok) return { fault: patched.fault };
  return documents.replace(address, [current.version], patched.document, 'patched');
}
