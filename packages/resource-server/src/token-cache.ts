/**
 * Verified tokens, bounded, found by a part and compared whole.
 *
 * The end of the signature is where two tokens differ and is short to hash; the stored text must equal the presented one, so
 * two tokens can never be taken for each other (security 28). Two generations stand in for a recency list: when the young one
 * is full it becomes the old one, and what the old one held untouched is gone. It is full sooner when tokens are long: the
 * memory is bounded, not only the number.
 */
export class TokenCache<Entry extends { readonly token: string }> {
  readonly #generationSize: number;
  #young = new Map<string, Entry>();
  #youngCharacters = 0;
  #old = new Map<string, Entry>();

  /** @param maxEntries upper bound of entries kept, from 2 on */
  constructor(maxEntries: number) {
    this.#generationSize = Math.max(1, Math.floor(maxEntries / 2));
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  get(token: string): Entry | undefined {
    const key = token.slice(-KEY_LENGTH);
    const young = this.#young.get(key);
    if (young !== undefined) return young.token === token ? young : undefined;
    const old = this.#old.get(key);
    if (old === undefined || old.token !== token) return undefined;
    this.#old.delete(key);
    this.#insert(key, old);
    return old;
  }

  add(entry: Entry): void {
    this.#insert(entry.token.slice(-KEY_LENGTH), entry);
  }

  delete(token: string): void {
    const key = token.slice(-KEY_LENGTH);
    this.#young.delete(key);
    this.#old.delete(key);
  }

  #insert(key: string, entry: Entry): void {
    const isFull =
      this.#young.size >= this.#generationSize ||
      this.#youngCharacters >= this.#generationSize * MEAN_TOKEN_LENGTH;
    if (isFull) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#youngCharacters = 0;
    }
    this.#youngCharacters += entry.token.length;
    this.#young.set(key, entry);
  }
}

const KEY_LENGTH = 22;
/** Longer than tokens are; with longer ones, fewer are kept. */
const MEAN_TOKEN_LENGTH = 1_024;
