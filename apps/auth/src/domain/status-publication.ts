import { deflateSync } from 'node:zlib';
import { coalesce, StatusList as StatusBits } from '@roomkey/resource-server';
import type { StatusList, StatusListStore } from './status-lists.ts';

/** This replica's copy of the bits, and the signed lists it publishes of them. */
export interface StatusPublication {
  /** Ids of the lists that are published, the next window's among them; undefined until the database has been seen. */
  lists(now: Date): Promise<readonly string[] | undefined>;
  /**
   * The signed list as the database has it at this moment, whichever replica is asked; as last known while the database is
   * away; undefined when there is no such list.
   */
  list(id: string, now: Date): Promise<PublishedList | undefined>;
  /** The bits as this replica has them, for its own verifier. */
  statusList(uri: string): StatusBits | undefined;
  /** Takes over what other replicas have changed; resolves also when the database is away. */
  refresh(now: Date): Promise<void>;
}

export interface PublishedList {
  /** A Status List Token (draft-ietf-oauth-status-list-21 §5.1). */
  readonly token: string;
  /** Entity tag, for weak comparison: equal for equal bits on every replica, though signatures differ. */
  readonly etag: string;
}

export interface StatusListClaims {
  readonly iss: string;
  readonly sub: string;
  readonly iat: number;
  readonly exp: number;
  readonly ttl: number;
  readonly status_list: { readonly bits: 1; readonly lst: string };
}

/** Signs as `statuslist+jwt` with the active key. */
export interface StatusListSigner {
  activeKid(now: Date): string | undefined;
  signStatusList(claims: StatusListClaims, now: Date): string;
}

export interface PublicationOptions {
  readonly store: StatusListStore;
  readonly signer: StatusListSigner;
  readonly issuer: string;
  /** The public address of a list. */
  readonly uriOf: (listId: string) => string;
  /** How long a list may be relied on: its `exp - iat`. */
  readonly validSeconds: number;
  /** After how long it should be looked at again: its `ttl`. */
  readonly ttlSeconds: number;
  /** Told when the database is away. */
  readonly onError: (error: unknown) => void;
}

interface Held {
  readonly list: StatusList;
  readonly bytes: Buffer;
  /** The same bytes, as a verifier reads them. */
  readonly bits: StatusBits;
  /** The last revocation that the bytes hold. */
  sequence: bigint;
  published?: PublishedList;
}

/** Lists are signed anew this often though nothing has changed, so that a replayed one ages. */
const RENEW_SECONDS = 60;

export function createStatusPublication(options: PublicationOptions): StatusPublication {
  const { store, signer, issuer, uriOf, validSeconds, ttlSeconds, onError } = options;
  const held = new Map<string, Held>();
  let seen = 0n;
  let wasSeen = false;
  let clock = new Date(0);

  async function read(): Promise<void> {
    const lists = await store.live(clock);
    for (const id of held.keys()) if (!lists.some((list) => list.id === id)) held.delete(id);
    const added = lists.filter((list) => !held.has(list.id));
    for (const list of added) held.set(list.id, hold(list, uriOf(list.id)));
    // A list this replica had not known may hold revocations from before.
    for (const { listId, index, sequence } of await store.revokedSince(added.length > 0 ? 0n : seen)) {
      setBit(held.get(listId), index, sequence);
      if (sequence > seen) seen = sequence;
    }
    wasSeen = true;
  }
  const catchUp = coalesce(() => read().catch(onError));

  function publish({ list, bytes, sequence }: Held, now: Date): PublishedList {
    const iat = Math.floor(now.getTime() / 1_000 / RENEW_SECONDS) * RENEW_SECONDS;
    const claims: StatusListClaims = {
      iss: issuer,
      sub: uriOf(list.id),
      iat,
      exp: iat + validSeconds,
      ttl: ttlSeconds,
      status_list: { bits: 1, lst: deflateSync(bytes).toString('base64url') },
    };
    return { token: signer.signStatusList(claims, now), etag: etagOf(sequence, now) };
  }

  function etagOf(sequence: bigint, now: Date): string {
    const slot = Math.floor(now.getTime() / 1_000 / RENEW_SECONDS);
    return `"${sequence}.${slot}.${signer.activeKid(now) ?? ''}"`;
  }

  async function upToDate(now: Date): Promise<void> {
    clock = now;
    await catchUp();
  }

  return {
    refresh: upToDate,
    statusList: (uri) => [...held.values()].find((one) => one.bits.uri === uri)?.bits,
    async lists(now) {
      await upToDate(now);
      return wasSeen ? [...held.keys()] : undefined;
    },
    async list(id, now) {
      await upToDate(now);
      const one = held.get(id);
      if (one === undefined) return undefined;
      if (one.published?.etag !== etagOf(one.sequence, now)) one.published = publish(one, now);
      return one.published;
    },
  };
}

function hold(list: StatusList, uri: string): Held {
  const bytes = Buffer.alloc(list.size / 8);
  return {
    list,
    bytes,
    bits: new StatusBits(uri, { bits: 1, bytes }, list.expiresAt.getTime()),
    sequence: 0n,
  };
}

/** draft-21 §4.1: the first status of a byte is in its least significant bit. */
function setBit(held: Held | undefined, index: number, sequence: bigint): void {
  if (held === undefined || sequence <= held.sequence) return;
  held.bytes[index >> 3] = (held.bytes[index >> 3] ?? 0) | (1 << (index & 7));
  held.sequence = sequence;
}
