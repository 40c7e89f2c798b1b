export interface Weighed {
  readonly token: string;
  /** Roughly its bytes; always the same of one entry. */
  readonly weight: number;
}

/**
 * Verified tokens, bounded, found by a part and compared whole.
 *
 * Built as the caches of processors are: the end of a token's signature says which set of eight it belongs to and gives it a
 * tag; only an entry with that tag is looked at, and its stored text must equal the presented one, so two tokens can never be
 * taken for each other (security 28). A set keeps what was asked for last in front and drops from its end. Entries are bounded
 * in weight as well as in number: where they are heavy, fewer are kept.
 */
export class TokenCache<Entry extends Weighed> {
  readonly #ways: number;
  readonly #sets: number;
  readonly #maxWeight: number;
  /** Zero: nothing is kept there. */
  readonly #tags: Int32Array;
  readonly #entries: (Entry | undefined)[];
  #size = 0;
  #weight = 0;
  #hand = 0;

  /** @param maxEntries upper bound of entries kept, from 1 on */
  constructor(maxEntries: number) {
    this.#ways = Math.min(WAYS, maxEntries);
    this.#sets = Math.floor(maxEntries / this.#ways);
    this.#maxWeight = maxEntries * MEAN_WEIGHT;
    this.#tags = new Int32Array(this.#sets * this.#ways);
    this.#entries = Array.from<undefined>({ length: this.#tags.length });
  }

  get size(): number {
    return this.#size;
  }

  get(token: string): Entry | undefined {
    const tag = tagOf(token);
    const front = this.#frontOf(tag);
    for (let at = front; at < front + this.#ways; at += 1) {
      if (this.#tags[at] !== tag) continue;
      const entry = this.#entries[at];
      if (entry?.token !== token) continue;
      if (at > front) this.#putInFront(front, at, tag, entry);
      return entry;
    }
    return undefined;
  }

  /** Keeps an entry; one of the same token gives way. */
  add(entry: Entry): void {
    this.delete(entry.token);
    while (this.#weight + entry.weight > this.#maxWeight && this.#size > 0) this.#sweep();
    const tag = tagOf(entry.token);
    const front = this.#frontOf(tag);
    let gap = front;
    while (gap < front + this.#ways - 1 && this.#tags[gap] !== 0) gap += 1;
    this.#empty(gap);
    this.#putInFront(front, gap, tag, entry);
    this.#size += 1;
    this.#weight += entry.weight;
  }

  delete(token: string): void {
    const tag = tagOf(token);
    const front = this.#frontOf(tag);
    for (let at = front; at < front + this.#ways; at += 1)
      if (this.#tags[at] === tag && this.#entries[at]?.token === token) this.#empty(at);
  }

  #frontOf(tag: number): number {
    return ((tag >>> 1) % this.#sets) * this.#ways;
  }

  #putInFront(front: number, from: number, tag: number, entry: Entry): void {
    for (let at = from; at > front; at -= 1) {
      this.#tags[at] = this.#tags[at - 1] ?? 0;
      this.#entries[at] = this.#entries[at - 1];
    }
    this.#tags[front] = tag;
    this.#entries[front] = entry;
  }

  /** Drops entries in turn, wherever they are: for entries that are heavier than they should be. */
  #sweep(): void {
    this.#empty(this.#hand);
    this.#hand = (this.#hand + 1) % this.#entries.length;
  }

  #empty(at: number): void {
    const entry = this.#entries[at];
    if (entry === undefined) return;
    this.#size -= 1;
    this.#weight -= entry.weight;
    this.#tags[at] = 0;
    this.#entries[at] = undefined;
  }
}

const WAYS = 8;
/** More than tokens weigh (a guest's of the desk: 1,300); of heavier ones, fewer are kept. */
const MEAN_WEIGHT = 1_536;
const TAG_CHARACTERS = 8;

/** Mixes the last characters, which differ from one signature to the next; never zero. */
function tagOf(token: string): number {
  let tag = 0;
  for (let at = token.length - TAG_CHARACTERS; at < token.length; at += 1)
    tag = Math.imul(tag ^ token.charCodeAt(at), 0x9e_37_79_b1);
  tag = Math.imul(tag ^ (tag >>> 15), 0x85_eb_ca_6b);
  return (tag ^ (tag >>> 13)) | 1;
}
