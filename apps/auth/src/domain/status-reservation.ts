import { randomInt } from 'node:crypto';
import {
  indicesOfBlock,
  isOpen,
  listOfWindow,
  type StatusBit,
  type StatusList,
  type StatusListPolicy,
  type StatusListStore,
} from './status-lists.ts';

/** Gives every token its status bit from a block this replica holds: issuing a token costs no write. */
export interface StatusReservation {
  /** A bit for one token alone. */
  next(now: Date): Promise<StatusBit>;
  /** The bit that all tokens a client has for itself share in the window; undefined for a client that is disabled. */
  ofClient(clientId: string, now: Date): Promise<StatusBit | undefined>;
  /** A bit may have been revoked: what clients share is asked for anew. */
  forgetClientBits(): void;
  /** Publishes the lists of this window and the next before a token needs them, and forgets what has expired. */
  maintain(now: Date): Promise<void>;
}

interface Block {
  readonly list: StatusList;
  /** Shuffled: neighbours in time are no neighbours in the list (draft-21 §12). */
  readonly indices: number[];
}

export function createStatusReservation(store: StatusListStore, policy: StatusListPolicy): StatusReservation {
  let block: Block | undefined;
  let underWay: Promise<void> | undefined;
  let clientBits = new Map<string, StatusBit>();

  async function reserve(now: Date): Promise<void> {
    for (let ordinal = 0; ; ordinal += 1) {
      const list = await openList(now, ordinal);
      const number = await store.reserveBlock(list, policy.blockSize);
      if (number === undefined) continue;
      // Verifiers hear of the next list before a token needs it.
      if (number >= list.size / policy.blockSize / 2)
        await store.add([listOfWindow(now, ordinal + 1, policy, randomStride())]);
      if (block?.list.id !== list.id) clientBits = new Map();
      block = { list, indices: shuffle(indicesOfBlock(list, number, policy.blockSize)) };
      return;
    }
  }

  async function openList(now: Date, ordinal: number): Promise<StatusList> {
    const wanted = listOfWindow(now, ordinal, policy, randomStride());
    const find = async (): Promise<StatusList | undefined> =>
      (await store.live(now)).find((list) => list.id === wanted.id && isOpen(list, now));
    const known = await find();
    if (known) return known;
    await store.add([wanted]);
    const added = await find();
    if (added === undefined) throw new Error(`status list ${wanted.id} was added and is not there`);
    return added;
  }

  async function next(now: Date): Promise<StatusBit> {
    while (block === undefined || block.indices.length === 0 || !isOpen(block.list, now)) {
      underWay ??= reserve(now).finally(() => {
        underWay = undefined;
      });
      await underWay;
    }
    return { listId: block.list.id, index: block.indices.pop() as number };
  }

  return {
    next,

    async ofClient(clientId, now) {
      // If they are forgotten meanwhile, the answer may be from before, and is forgotten with them.
      const bits = clientBits;
      const known = bits.get(clientId);
      if (known && block && isOpen(block.list, now)) return known;
      const bit = await store.clientBit(clientId, await next(now));
      if (bit !== undefined) bits.set(clientId, bit);
      return bit;
    },

    forgetClientBits() {
      clientBits = new Map();
    },

    async maintain(now) {
      const nextWindow = new Date(now.getTime() + policy.windowSeconds * 1_000);
      await store.add([now, nextWindow].map((at) => listOfWindow(at, 0, policy, randomStride())));
      await store.forgetExpired(now);
    },
  };
}

function randomStride(): number {
  return randomInt(0, 2 ** 15) * 2 + 1;
}

/** Fisher and Yates. */
function shuffle(indices: number[]): number[] {
  for (let at = indices.length - 1; at > 0; at -= 1) {
    const other = randomInt(at + 1);
    [indices[at], indices[other]] = [indices[other] as number, indices[at] as number];
  }
  return indices;
}
