import { randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { fromBufferPromise } from 'yauzl';
import { KeptDocuments } from './kept-documents.ts';
import { KeptImages } from './kept-images.ts';
import { isDecided, jsonOf, type Visitor } from './visitor.ts';

const ERASED_WITHIN_MS = 60_000;
const POLL_MS = 20;

/** A guest who remembers what they were told. */
export class TrackedGuest {
  readonly id: string;
  readonly images: KeptImages;
  readonly documents: KeptDocuments;
  readonly #visitor: Visitor;
  readonly #card: string;
  readonly #password: string;

  private constructor(visitor: Visitor, id: string, card: string, password: string) {
    this.id = id;
    this.#visitor = visitor;
    this.#card = card;
    this.#password = password;
    this.images = new KeptImages(visitor, card);
    this.documents = new KeptDocuments(visitor, card);
  }

  /** Checks in, however often it takes, and has a profile. */
  static async checkIn(visitor: Visitor): Promise<TrackedGuest> {
    const password = randomBytes(12).toString('hex');
    for (;;) {
      const name = `guest-${randomBytes(6).toString('hex')}`;
      const json = { name, password };
      const registered = await visitor.ask('/auth/accounts', { method: 'POST', json });
      if (registered?.status !== 201) continue;
      const signedIn = await visitor.insist('/auth/sessions', { method: 'POST', json });
      const { access_token: card } = jsonOf(signedIn) as { access_token: string };
      const guest = new TrackedGuest(visitor, (jsonOf(registered) as { id: string }).id, card, password);
      const profile = { handle: name.replace('-', '_'), displayName: name };
      const headers = { 'if-none-match': '*' };
      await visitor.insist('/profile/me', { method: 'PUT', card, headers, json: profile });
      return guest;
    }
  }

  /** Everything a guest can have, acknowledged. */
  async settleIn(): Promise<void> {
    while ((await this.images.upload()) === false) await pause(POLL_MS);
    await this.documents.write();
  }

  /** @returns whether it came as a whole; a fault when it was whole and something was not in it */
  async export(): Promise<boolean | string> {
    const expected = [
      ...[...this.images.acknowledged].map((id) => `image/${id}.json`),
      'profile/profile.json',
      'auth/account.json',
      'data/collections/drill.json',
      'manifest.json',
    ];
    const documents = this.documents.ids;
    const reply = await this.#visitor.ask('/data/export', { card: this.#card });
    if (!isDecided(reply)) return false;
    if (reply.status !== 200) return `an export was answered ${reply.status}: ${reply.body.toString()}`;
    const files = await readArchive(reply.body).catch(() => undefined);
    if (files === undefined) return false;
    const missing = expected.filter((path) => !files.has(path));
    const kept = files.get('data/collections/drill.json') ?? '';
    missing.push(...[...documents].filter((id) => !kept.includes(id)));
    return missing.length === 0 ? true : `a whole export lacks ${missing.join(', ')}`;
  }

  /**
   * Leaves for good. An answer that did not come leaves the choice: the account is there, and leaves once more, or it is gone.
   *
   * @returns whether the first try was acknowledged; what is wrong when it is not carried out in every service
   */
  async erase(): Promise<boolean | string> {
    const asked = { method: 'DELETE', card: this.#card, json: { password: this.#password } };
    const first = await this.#visitor.ask('/auth/accounts/current', asked);
    const reply = isDecided(first) ? first : await this.#visitor.insist('/auth/accounts/current', asked);
    // Gone, and its receipt was lost with the answer.
    if (reply !== first && (reply.status === 401 || reply.status === 404)) return false;
    if (reply.status !== 202) return `an erasure was answered ${reply.status}: ${reply.body.toString()}`;
    const { id, receipt } = jsonOf(reply) as { id: string; receipt: string };
    const deadline = Date.now() + ERASED_WITHIN_MS;
    for (;;) {
      const report = await this.#visitor.insist(`/auth/erasures/${id}`, { card: receipt });
      if (report.status === 200 && (jsonOf(report) as { state: string }).state === 'erased')
        return isDecided(first);
      if (Date.now() > deadline) return `an erasure is not done: ${report.body.toString()}`;
      await pause(POLL_MS);
    }
  }

  /** What they were told and is not so. */
  async faults(): Promise<string[]> {
    const profile = await this.#visitor.insist('/profile/me', { card: this.#card });
    const lost = profile.status === 200 ? [] : [`the profile of ${this.id} is ${profile.status}`];
    return [...lost, ...(await this.images.faults()), ...(await this.documents.faults())];
  }
}

/** Throws for what is no whole archive: each file is held against its checksum. */
async function readArchive(bytes: Buffer): Promise<ReadonlyMap<string, string>> {
  const archive = await fromBufferPromise(bytes);
  const files = new Map<string, string>();
  for await (const entry of archive.eachEntry())
    files.set(entry.fileName, (await buffer(await archive.openReadStreamPromise(entry))).toString('latin1'));
  return files;
}
