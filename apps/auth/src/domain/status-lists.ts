import type { StatusReference } from './access-token.ts';

/**
 * Status lists cover windows of issuance (draft-ietf-oauth-status-list-21): all tokens of a window have their bits in its
 * lists, and a list is forgotten when the last of them has expired. So the number of lists follows tokens × lifetime, not users.
 */
export interface StatusList {
  readonly id: string;
  /** How many statuses it holds, one bit each. */
  readonly size: number;
  /** Odd: the order in which blocks are handed out, so that an index does not tell how many tokens came before. */
  readonly stride: number;
  /** Tokens issued from here … */
  readonly opensAt: Date;
  /** … until here have their bits in it. */
  readonly closesAt: Date;
  /** The last of those tokens has expired. */
  readonly expiresAt: Date;
}

/** One bit: where a token's status is. */
export interface StatusBit {
  readonly listId: string;
  readonly index: number;
}

export interface StatusListPolicy {
  /** Length of a window of issuance. */
  readonly windowSeconds: number;
  /** Longest token. */
  readonly maxTokenSeconds: number;
  /** Statuses in a list: a power of two. */
  readonly size: number;
  /** Statuses that a replica reserves at a time: a power of two below `size`. */
  readonly blockSize: number;
}

export interface StatusListStore {
  /** Lists whose tokens may live. */
  live(now: Date): Promise<readonly StatusList[]>;
  /** Adds those lists that are not there yet, and tells the other replicas. */
  add(lists: readonly StatusList[]): Promise<void>;
  /** Forgets lists whose last token has expired. */
  forgetExpired(now: Date): Promise<void>;
  /** Hands out the next block of a list: its number in order, or undefined when all are taken. */
  reserveBlock(list: StatusList, blockSize: number): Promise<number | undefined>;
  /** The bit a client's own tokens share in a list; the offered one if it has none there yet; undefined for a client that is disabled. */
  clientBit(clientId: string, offered: StatusBit): Promise<StatusBit | undefined>;
  /** What was revoked after a point of the sequence, in order. */
  revokedSince(sequence: bigint): Promise<readonly RevokedStatus[]>;
}

export interface RevokedStatus extends StatusBit {
  readonly sequence: bigint;
}

/** The public addresses of an issuer's lists. */
export function statusListUri(issuer: string, listId: string): string {
  return `${issuer}/auth/status-lists/${listId}`;
}

/** The bit that a token's `status` claim names. */
export function statusBitOf({ status_list: { uri, idx } }: StatusReference): StatusBit {
  return { listId: uri.slice(uri.lastIndexOf('/') + 1), index: idx };
}

/** The `ordinal`th list of the window that `at` lies in. Its id says both, so replicas that add it at once add the same. */
export function listOfWindow(
  at: Date,
  ordinal: number,
  policy: StatusListPolicy,
  stride: number,
): StatusList {
  const windowMs = policy.windowSeconds * 1_000;
  const opensAtMs = Math.floor(at.getTime() / windowMs) * windowMs;
  const closesAtMs = opensAtMs + windowMs;
  return {
    id: `${opensAtMs / 1_000}-${ordinal}`,
    size: policy.size,
    stride,
    opensAt: new Date(opensAtMs),
    closesAt: new Date(closesAtMs),
    expiresAt: new Date(closesAtMs + policy.maxTokenSeconds * 1_000),
  };
}

/** Whether a token issued now has its bit in this list. */
export function isOpen(list: StatusList, now: Date): boolean {
  return list.opensAt <= now && now < list.closesAt;
}

/** The statuses of the `ordinal`th block handed out: a permutation of the list's blocks, since the stride is odd. */
export function indicesOfBlock({ size, stride }: StatusList, ordinal: number, blockSize: number): number[] {
  const blocks = size / blockSize;
  const block = (ordinal * stride) % blocks;
  return Array.from({ length: blockSize }, (_, offset) => block * blockSize + offset);
}
