import { type Asked, isDecided, jsonOf, type Visitor } from './visitor.ts';
import { noisePicture } from './noise-picture.ts';

interface Image {
  readonly id: string;
  readonly bytes: number;
}

const WIDTH = 200;
const HEIGHT = 150;
/** By its canonical address. */
const DERIVATIVE = 'full/40,30/0/default.jpg';

/** A guest's images, and what the guest was told of them. */
export class KeptImages {
  readonly #visitor: Visitor;
  readonly #card: string;
  readonly acknowledged = new Set<string>();
  #undecided = 0;

  constructor(visitor: Visitor, card: string) {
    this.#visitor = visitor;
    this.#card = card;
  }

  /** @returns whether it was acknowledged; or what should not have been answered */
  async upload(): Promise<boolean | string> {
    const bytes = Uint8Array.from(noisePicture(WIDTH, HEIGHT));
    const reply = await this.#visitor.ask('/image/images', { ...this.#by, method: 'POST', bytes });
    if (reply?.status === 201) {
      this.acknowledged.add((jsonOf(reply) as Image).id);
      return true;
    }
    if (!isDecided(reply)) this.#undecided += 1;
    return isDecided(reply) ? `an upload was answered ${reply.status}: ${reply.body.toString()}` : false;
  }

  /** What is lost, and what is listed and cannot be read. */
  async faults(): Promise<string[]> {
    const listed: Image[] = [];
    for (let cursor = ''; ;) {
      const page = await this.#visitor.insist(`/image/images?limit=100${cursor}`, this.#by);
      const { items, next } = jsonOf(page) as { items: Image[]; next?: string };
      listed.push(...items);
      if (next === undefined) break;
      cursor = `&cursor=${encodeURIComponent(next)}`;
    }
    const ids = new Set(listed.map(({ id }) => id));
    const lost = [...this.acknowledged].filter((id) => !ids.has(id)).map((id) => `image ${id} is lost`);
    const most = this.acknowledged.size + this.#undecided;
    const read = await Promise.all(listed.map((image) => this.#unreadable(image)));
    return [
      ...lost,
      ...(ids.size > most ? [`${ids.size} images are listed, and at most ${most} were sent`] : []),
      ...read.flat(),
    ];
  }

  async #unreadable({ id, bytes }: Image): Promise<string[]> {
    const faults: string[] = [];
    for (const path of [`images/${id}`, `images/${id}/original`, `iiif/${id}/${DERIVATIVE}`]) {
      const { status, body } = await this.#visitor.insist(`/image/${path}`, this.#by);
      if (status !== 200) faults.push(`/image/${path} is listed, and is ${status}`);
      if (path.endsWith('original') && body.length !== bytes)
        faults.push(`/image/${path}: ${body.length} of ${bytes} bytes`);
    }
    return faults;
  }

  get #by(): Asked {
    return { card: this.#card };
  }
}
