import { randomUUID } from 'node:crypto';
import { type Asked, isDecided, jsonOf, type Reply, type Visitor } from './visitor.ts';

interface Kept {
  /** The last acknowledged value, and after it those that nobody knows of. */
  possible: number[];
  etag: string;
}

const COLLECTION = '/data/collections/drill/documents';
const DOCUMENTS = 3;
/** A write that was cut off may still be under way at the database: it may win against the next. */
const ATTEMPTS = 5;

/** A guest's documents, each a number that only goes up, and what the guest was told of them. */
export class KeptDocuments {
  readonly #visitor: Visitor;
  readonly #card: string;
  readonly #documents = new Map<string, Kept>();
  #value = 0;

  constructor(visitor: Visitor, card: string) {
    this.#visitor = visitor;
    this.#card = card;
  }

  get ids(): ReadonlySet<string> {
    return new Set(this.#documents.keys());
  }

  /** Creates until there are some, then replaces. @returns whether it was acknowledged at the first try; or a fault */
  async write(): Promise<boolean | string> {
    const ids = [...this.#documents.keys()];
    return ids.length < DOCUMENTS ? this.#create() : this.#replace(ids[this.#value % ids.length] ?? '');
  }

  /** The same create until it is answered: it must have happened once. */
  async #create(): Promise<boolean | string> {
    const value = (this.#value += 1);
    const headers = { 'idempotency-key': `"${randomUUID()}"` };
    const asked = { ...this.#by, method: 'POST', headers, json: { value } };
    const first = await this.#visitor.ask(COLLECTION, asked);
    const reply = isDecided(first) ? first : await this.#visitor.insist(COLLECTION, asked);
    if (reply.status !== 201) return unexpected('a create', reply);
    this.#documents.set((jsonOf(reply) as { id: string }).id, {
      possible: [value],
      etag: reply.headers.get('etag') ?? '',
    });
    return isDecided(first);
  }

  async #replace(id: string): Promise<boolean | string> {
    const kept = this.#documents.get(id);
    if (kept === undefined) return `document ${id} was never created`;
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      if (kept.possible.length > 1) {
        const fault = await this.#read(id, kept);
        if (fault !== undefined) return fault;
      }
      const value = (this.#value += 1);
      const reply = await this.#visitor.ask(`${COLLECTION}/${id}`, {
        ...this.#by,
        method: 'PUT',
        headers: { 'if-match': kept.etag },
        json: { value },
      });
      if (reply?.status === 200) {
        Object.assign(kept, { possible: [value], etag: reply.headers.get('etag') ?? '' });
        return true;
      }
      if (!isDecided(reply)) {
        kept.possible.push(value);
        return false;
      }
      if (reply.status !== 412 || kept.possible.length === 1) return unexpected('a write', reply);
    }
    return `document ${id} changes again and again`;
  }

  /** What is lost, and what is listed and cannot be read. */
  async faults(): Promise<string[]> {
    const page = await this.#visitor.insist(`${COLLECTION}?limit=100`, this.#by);
    const listed = (jsonOf(page) as { items: { id: string }[] }).items.map(({ id }) => id);
    const faults = listed
      .filter((id) => !this.#documents.has(id))
      .map((id) => `document ${id} is listed, and was never acknowledged`);
    for (const [id, kept] of this.#documents) {
      if (!listed.includes(id)) faults.push(`document ${id} is lost from the list`);
      const fault = await this.#read(id, kept);
      if (fault !== undefined) faults.push(fault);
    }
    return faults;
  }

  async #read(id: string, kept: Kept): Promise<string | undefined> {
    const reply = await this.#visitor.insist(`${COLLECTION}/${id}`, this.#by);
    if (reply.status !== 200) return unexpected(`reading document ${id}`, reply);
    const { value } = jsonOf(reply) as { value: number };
    const at = kept.possible.indexOf(value);
    if (at < 0) return `document ${id} is ${value}, not ${kept.possible.join(' or ')}`;
    // One that was cut off and is seen now has come to pass; those after it may yet.
    kept.possible = kept.possible.slice(at);
    kept.etag = reply.headers.get('etag') ?? '';
    return undefined;
  }

  get #by(): Asked {
    return { card: this.#card };
  }
}

const unexpected = (what: string, { status, body }: Reply): string =>
  `${what} was answered ${status}: ${body.toString().slice(0, 300)}`;
