import { createKey, PATHS, type Desk, type DeskKey, type DeskList, type Json } from './desk.ts';
import type { Random } from './random.ts';
import type { OpenedView } from './view.ts';

/** Shorter than tokens live: a view and its lists become too old while tokens that rest on them are kept. */
export const MAX_AGE_SECONDS = 60;
export const LIST_SIZE = 256;

const MAX_LIFE_SECONDS = 600;
const MAX_LOOKS_OF_AN_OUTAGE = 12;

interface StatusBit {
  readonly list: DeskList;
  readonly index: number;
}

interface Issued {
  readonly token: string;
  readonly key: DeskKey;
  /** Its own first, then those of who acts in it. */
  readonly statuses: readonly [StatusBit, ...StatusBit[]];
  readonly expiresAtMs: number;
  /** Whether it was accepted when it was judged last: the cache knows it. */
  isKept: boolean;
}

/** What can end a token, or keep it from being judged. */
export type Fault = 'expired' | 'withdrawn key' | 'revoked' | 'revoked actor' | 'stale list' | 'stale view';

/** What the view has been shown at its last successful look at each document. */
interface Shown {
  keys: readonly DeskKey[];
  lists: readonly DeskList[];
  /** Names of revoked statuses. */
  readonly revoked: Set<string>;
  /** When each list was last seen. */
  readonly listsAtMs: Map<DeskList, number>;
  /** When the keys and the names of the lists were last seen. */
  atMs: number;
}

const nameOf = ({ list, index }: StatusBit) => `${list.uri} ${index}`;

/** One random history of a desk, a view and their clock; the judge inside `openView` compares verdicts with and without cache. */
export class History {
  readonly random: Random;
  readonly clock: { nowMs: number };
  readonly desk: Desk;
  readonly opened: OpenedView;
  readonly issued: Issued[] = [];
  readonly formerKeys: DeskKey[] = [];
  readonly shown: Shown;
  readonly outage = { paths: new Set<string>(), looks: 0 };
  /** How often that alone was wrong with a token which the cache knew. */
  readonly endings = new Map<Fault, number>();
  lists = 0;
  accepted = 0;
  refused = 0;
  forged = 0;

  constructor(random: Random, clock: { nowMs: number }, desk: Desk, opened: OpenedView) {
    this.random = random;
    this.clock = clock;
    this.desk = desk;
    this.opened = opened;
    this.shown = {
      keys: [...desk.keys],
      lists: [...desk.lists],
      revoked: new Set(),
      listsAtMs: new Map(desk.lists.map((list) => [list, clock.nowMs])),
      atMs: clock.nowMs,
    };
  }

  async step(): Promise<void> {
    const { random, issued } = this;
    const often = ['issue', 'issue', 'revoke', 'revoke', 'pass', 'pass', 'look', 'look', 'look'] as const;
    const seldom = ['rotate', 'addOrDropList'] as const;
    await this[random.onceIn(9) ? random.pick(seldom) : random.pick(often)]();
    for (const kept of issued.filter(({ isKept }) => isKept)) if (random.onceIn(2)) this.check(kept);
    for (let time = 0; time < 2 && issued.length > 0; time += 1) this.check(random.pick(this.latest()));
    this.forge();
  }

  /** Those that may live yet, mostly. */
  latest(): readonly Issued[] {
    return this.random.onceIn(8) ? this.issued : this.issued.slice(-16);
  }

  /** What one token says under the signature of another, which the cache may know: refused by all, whatever they have seen. */
  forge(): void {
    const { random, issued } = this;
    if (issued.length < 2) return;
    const { token } = random.pick(issued);
    const signature = random.pick(issued).token.split('.')[2] ?? '';
    const forged = `${token.slice(0, token.lastIndexOf('.') + 1)}${signature}`;
    if (forged === token) return;
    this.forged += 1;
    if (this.opened.judge(forged) === 'accepted') throw new Error('a forged token was accepted');
  }

  /** A token of its subject's own, or in which one to three clients act. */
  issue(): void {
    const { desk, random } = this;
    const anyStatus = (): StatusBit => ({ list: random.pick(desk.lists), index: random.below(LIST_SIZE) });
    const actors = Array.from({ length: Math.max(0, random.below(5) - 1) }, anyStatus);
    const own = anyStatus();
    const key = random.pick(desk.keys);
    const life = 1 + random.below(random.pick([60, MAX_LIFE_SECONDS, MAX_LIFE_SECONDS]));
    const exp = Math.floor(this.clock.nowMs / 1_000) + life;
    const act = actors.reduceRight<Json | undefined>(
      (inner, { list, index }) => ({
        sub: 'client',
        status: list.status(index),
        ...(inner !== undefined && { act: inner }),
      }),
      undefined,
    );
    const token = desk.token({ exp, status: own.list.status(own.index), act }, {}, key);
    this.issued.push({ token, key, statuses: [own, ...actors], expiresAtMs: exp * 1_000, isKept: false });
  }

  revoke(): void {
    if (this.issued.length === 0) return;
    const { list, index } = this.random.pick(this.random.pick(this.latest()).statuses);
    list.revoke(index);
  }

  rotate(): void {
    const { desk, random, formerKeys } = this;
    const former = desk.keys[0];
    const kinds = ['add', 'withdraw', 'reuse', 'republish'] as const;
    const kind = random.pick(kinds);
    if (kind === 'add' || former === undefined) desk.keys = [...desk.keys, createKey()].slice(-4);
    else if (kind === 'withdraw' && desk.keys.length > 1) {
      desk.keys = desk.keys.slice(1);
      formerKeys.push(former);
    } else if (kind === 'reuse') {
      desk.keys = [createKey(former.kid), ...desk.keys.slice(1)];
      formerKeys.push(former);
    } else if (kind === 'republish' && formerKeys.length > 0) {
      const again = random.pick(formerKeys);
      if (desk.keys.every((key) => key.kid !== again.kid)) desk.keys = [...desk.keys, again];
    }
  }

  addOrDropList(): void {
    if (this.random.onceIn(3) && this.desk.lists.length > 1) this.desk.lists = this.desk.lists.slice(1);
    else if (this.desk.lists.length < 4) this.desk.addList(String((this.lists += 1)), LIST_SIZE);
  }

  pass(): void {
    this.clock.nowMs += 1_000 * this.random.below(this.random.onceIn(10) ? 2 * MAX_AGE_SECONDS : 30);
  }

  /** A look, in which one of the documents may not be had, nor in the looks that follow, until it can again. */
  async look(): Promise<void> {
    const { desk, shown, clock } = this;
    const broken = this.brokenPaths();
    for (const path of broken) desk.answers.set(path, (response) => response.writeHead(500).end());
    await this.opened.view.refresh();
    desk.answers.clear();
    if (!broken.has(PATHS.jwks)) shown.keys = [...desk.keys];
    if (broken.has(PATHS.lists)) return;
    shown.lists = [...desk.lists];
    // A list that is signed by a key which could not be seen cannot be seen either.
    const [signer] = desk.keys;
    if (signer !== undefined && shown.keys.includes(signer))
      for (const list of desk.lists) if (!broken.has(list.path)) this.showList(list);
    if (!broken.has(PATHS.jwks)) shown.atMs = clock.nowMs;
  }

  brokenPaths(): ReadonlySet<string> {
    const { desk, random, outage } = this;
    if (outage.looks > 0) outage.looks -= 1;
    else {
      outage.paths.clear();
      if (random.onceIn(3)) {
        outage.paths.add(random.pick([PATHS.jwks, PATHS.lists, ...desk.lists.map(({ path }) => path)]));
        outage.looks = random.below(MAX_LOOKS_OF_AN_OUTAGE);
      }
    }
    return outage.paths;
  }

  showList(list: DeskList): void {
    const { shown, clock } = this;
    shown.listsAtMs.set(list, clock.nowMs);
    for (let index = 0; index < LIST_SIZE; index += 1)
      if (((list.bytes[index >> 3] ?? 0) >> (index & 7)) & 1) shown.revoked.add(nameOf({ list, index }));
  }

  check(issued: Issued): void {
    const { shown } = this;
    const verdict = this.opened.judge(issued.token);
    const faults = this.faultsOf(issued);
    const [fault] = faults;
    const isSeen = issued.statuses.every(({ list }) => shown.lists.includes(list));
    const isRight = fault !== undefined ? verdict !== 'accepted' : verdict === 'accepted' || !isSeen;
    if (!isRight) throw new Error(`a token with ${fault ?? 'no fault'} was judged: ${verdict}`);
    if (fault !== undefined && faults.length === 1 && issued.isKept)
      this.endings.set(fault, (this.endings.get(fault) ?? 0) + 1);
    if (verdict === 'accepted') this.accepted += 1;
    else this.refused += 1;
    issued.isKept = verdict === 'accepted';
  }

  /** All that is wrong with a token, by what the view was shown. */
  faultsOf({ key, statuses, expiresAtMs }: Issued): readonly Fault[] {
    const { shown } = this;
    const { nowMs } = this.clock;
    const maxAgeMs = MAX_AGE_SECONDS * 1_000;
    const [own, ...actors] = statuses;
    const faults: Readonly<Record<Fault, boolean>> = {
      expired: nowMs >= expiresAtMs,
      'withdrawn key': !shown.keys.includes(key),
      revoked: shown.revoked.has(nameOf(own)),
      'revoked actor': actors.some((actor) => shown.revoked.has(nameOf(actor))),
      // A list that is named no more may have been seen once more since.
      'stale list': statuses.some(
        ({ list }) =>
          shown.lists.includes(list) && nowMs - (shown.listsAtMs.get(list) ?? -Infinity) >= maxAgeMs,
      ),
      'stale view': nowMs - shown.atMs > maxAgeMs,
    };
    return (Object.keys(faults) as Fault[]).filter((fault) => faults[fault]);
  }
}
