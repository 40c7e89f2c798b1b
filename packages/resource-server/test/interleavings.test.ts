import { expect, test } from 'vitest';
import { createKey, openDesk, PATHS, type Desk, type DeskKey, type DeskList } from './desk.ts';
import { announceSeed, createRandom, type Random } from './random.ts';
import { openView, type OpenedView } from './view.ts';

const RUNS = 8;
const STEPS = 150;
const MAX_AGE_SECONDS = 600;
const LIST_SIZE = 64;

interface Issued {
  readonly token: string;
  readonly key: DeskKey;
  readonly list: DeskList;
  readonly index: number;
  readonly expiresAtMs: number;
}

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
  /** Whether the last look went through whole. */
  isWhole: boolean;
}

const nameOf = (list: DeskList, index: number) => `${list.uri} ${index}`;

/** One random history of a desk, a view and their clock; the judge inside `openView` compares verdicts with and without cache. */
class History {
  readonly random: Random;
  readonly clock: { nowMs: number };
  readonly desk: Desk;
  readonly opened: OpenedView;
  readonly issued: Issued[] = [];
  readonly formerKeys: DeskKey[] = [];
  readonly shown: Shown;
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
      isWhole: true,
      atMs: clock.nowMs,
    };
  }

  async step(): Promise<void> {
    const kinds = ['issue', 'issue', 'revoke', 'rotate', 'addOrDropList', 'pass', 'look', 'look'] as const;
    await this[this.random.pick(kinds)]();
    for (let time = 0; time < 6 && this.issued.length > 0; time += 1)
      this.check(this.random.pick(this.issued));
    this.forge();
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

  issue(): void {
    const key = this.random.pick(this.desk.keys);
    if (this.desk.lists.length === 0) return;
    const list = this.random.pick(this.desk.lists);
    const index = this.random.below(LIST_SIZE);
    const exp = Math.floor(this.clock.nowMs / 1_000) + 1 + this.random.below(300);
    const token = this.desk.token({ exp, status: list.status(index) }, {}, key);
    this.issued.push({ token, key, list, index, expiresAtMs: exp * 1_000 });
  }

  revoke(): void {
    if (this.issued.length === 0) return;
    const { list, index } = this.random.pick(this.issued.slice(-20));
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
    const seconds = this.random.onceIn(8) ? this.random.below(2 * MAX_AGE_SECONDS) : this.random.below(60);
    this.clock.nowMs += seconds * 1_000;
  }

  /** A look, in which every fourth time something goes wrong. */
  async look(): Promise<void> {
    const { desk, random, shown } = this;
    const broken = random.onceIn(4)
      ? random.pick([PATHS.jwks, PATHS.lists, ...desk.lists.map((list) => list.path)])
      : undefined;
    if (broken !== undefined) desk.answers.set(broken, (response) => response.writeHead(500).end());
    await this.opened.view.refresh();
    desk.answers.clear();
    if (broken !== PATHS.jwks) shown.keys = [...desk.keys];
    // A list that is signed by a key which could not be seen cannot be seen either.
    const [signer] = desk.keys;
    const isSigned = signer !== undefined && shown.keys.includes(signer);
    if (broken !== PATHS.lists && isSigned) {
      shown.lists = [...desk.lists];
      for (const list of desk.lists) {
        if (list.path === broken) continue;
        shown.listsAtMs.set(list, this.clock.nowMs);
        for (let index = 0; index < LIST_SIZE; index += 1)
          if (((list.bytes[index >> 3] ?? 0) >> (index & 7)) & 1) shown.revoked.add(nameOf(list, index));
      }
    }
    shown.isWhole = broken === undefined;
    if (broken !== PATHS.jwks && broken !== PATHS.lists) shown.atMs = this.clock.nowMs;
  }

  check({ token, key, list, index, expiresAtMs }: Issued): void {
    const { shown } = this;
    const { nowMs } = this.clock;
    const verdict = this.opened.judge(token);
    const isDead =
      nowMs >= expiresAtMs ||
      !shown.keys.includes(key) ||
      shown.revoked.has(nameOf(list, index)) ||
      nowMs - shown.atMs > MAX_AGE_SECONDS * 1_000 ||
      // A list that is named no more may have been seen once more since.
      (shown.lists.includes(list) &&
        nowMs - (shown.listsAtMs.get(list) ?? -Infinity) > MAX_AGE_SECONDS * 1_000);
    const isSeen =
      shown.isWhole && nowMs - shown.atMs < MAX_AGE_SECONDS * 1_000 && shown.lists.includes(list);
    if (verdict === 'accepted') this.accepted += 1;
    else this.refused += 1;
    const isRight = isDead ? verdict !== 'accepted' : verdict === 'accepted' || !isSeen;
    if (!isRight) throw new Error(`a ${isDead ? 'dead' : 'living'} token was judged: ${verdict}`);
  }
}

test('whatever is issued, forged, revoked, rotated, passes or fails: a cache changes no verdict, the dead are refused, the living are not (security 21, 28, 38, 84, 99, 154)', async () => {
  const seed = announceSeed('interleavings');
  const histories = await Promise.all(
    Array.from({ length: RUNS }, async (_, run) => {
      const random = createRandom(seed + run);
      const clock = { nowMs: Date.now() };
      const now = () => clock.nowMs;
      await using desk = await openDesk({ now });
      desk.addList('0', LIST_SIZE);
      using opened = await openView(desk, {
        now,
        maxAgeSeconds: MAX_AGE_SECONDS,
        timeoutMs: 20_000,
        coolDownMs: Infinity,
      });
      // The one surprise that it may have is had before the history begins.
      opened.view.key('unknown');
      const history = new History(random, clock, desk, opened);
      await opened.view.refresh();
      for (let step = 0; step < STEPS; step += 1) await history.step();
      return history;
    }),
  );
  const sum = (of: (history: History) => number) =>
    histories.reduce((total, history) => total + of(history), 0);
  // The test says something only when both happen often.
  expect(sum((history) => history.accepted)).toBeGreaterThan(RUNS * STEPS);
  expect(sum((history) => history.refused)).toBeGreaterThan(RUNS * STEPS);
  expect(sum((history) => history.forged)).toBeGreaterThan((RUNS * STEPS) / 2);
}, 120_000);
