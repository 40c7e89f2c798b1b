import { env } from 'node:process';
import type { Service } from '@roomkey/service';
import { expect, test } from 'vitest';
import type { Stores } from '../src/store/stores.ts';
import { createClock } from './clock.ts';
import { openDesk, refresh, register, signIn, type SignedIn } from './desk.ts';
import { createSeeded, type Seeded } from '@roomkey/test-kit';

const HISTORIES = Number(env['ROOMKEY_HISTORIES'] ?? 1_000);
const STEPS = 6;
const REPEAT_SECONDS = 10;

/** A replica whose process can be made to die next to the one write that matters. */
interface Mortal {
  app: Service;
  dies: 'before the write' | 'after the write' | undefined;
}

/** Histories in a row on a desk of their own; several such rows keep two cores busy. */
const ROWS = 4;

test(
  `${HISTORIES} histories of refresh, reuse, crash and restart never leave two successors nor lose a family for good (security 74–77, 154)`,
  { timeout: 600_000 },
  async () => {
    const { seed } = createSeeded();
    const perRow = Math.ceil(HISTORIES / ROWS);
    const rows = await Promise.all(Array.from({ length: ROWS }, (_, row) => liveThrough(perRow, seed, row)));
    // Not vacuous: enough of them were stolen from, and died.
    const reuses = rows.reduce((sum, row) => sum + row.reuses, 0);
    const crashes = rows.reduce((sum, row) => sum + row.crashes, 0);
    check(reuses > HISTORIES / 20 && crashes > HISTORIES / 2, `ROOMKEY_SEED=${seed}: too little happened`);
    expect(rows).toHaveLength(ROWS);
  },
);

async function liveThrough(count: number, seed: number, row: number) {
  const seeded = createSeeded(seed + row);
  await using desk = await openDesk();
  const clock = createClock();
  const replicas = await Promise.all([start(), start()]);
  await register(replicas[0].app, 'ada');
  let reuses = 0;
  let crashes = 0;
  for (let history = 0; history < count; history += 1)
    await live(seeded, `ROOMKEY_SEED=${seed}, row ${row}, history ${history}`);
  return { reuses, crashes };

  async function start(): Promise<Mortal> {
    const mortal: Partial<Mortal> = { dies: undefined };
    mortal.app = await desk.replica({
      now: clock.now,
      wrapStores: (stores) => mortalStores(stores, mortal),
    });
    return mortal as Mortal;
  }

  async function restart(index: number): Promise<void> {
    await replicas[index]?.app.close();
    replicas[index] = await start();
  }

  /** One family from its sign-in to the question that every history ends with: does the honest client still get on? */
  async function live(random: Seeded, label: string): Promise<void> {
    const successors = new Map<string, Set<string>>();
    const spent: string[] = [];
    let held = (await signIn(replicas[0].app, 'ada')).refresh_token;
    let isStolen = false;

    for (let step = 0; step < STEPS && !isStolen; step += 1) {
      const index = random.int(2);
      const mortal = replicas[index] as Mortal;
      const act = random.pick([
        'refresh',
        'refresh',
        'lose',
        'die',
        'die',
        'race',
        'wait',
        'reuse',
        'restart',
      ] as const);
      if (act === 'refresh') await use(mortal);
      if (act === 'lose') await send(mortal, held);
      if (act === 'wait') clock.advance(random.int(3_600));
      if (act === 'restart' && random.chance(0.02)) await restart(index);
      if (act === 'race') await Promise.all(replicas.map((one) => send(one, held)));
      if (act === 'die') {
        crashes += 1;
        mortal.dies = random.pick(['before the write', 'after the write']);
        check((await send(mortal, held)) === undefined, `${label}: a dead process answered`);
        if (random.chance(0.01)) await restart(index);
      }
      if (act === 'reuse' && spent.length > 1) {
        reuses += 1;
        isStolen = true;
        check(
          (await send(mortal, random.pick(spent.slice(0, -1)))) === undefined,
          `${label}: a used token gave another`,
        );
      }
      // An honest client tries again in seconds; what was lost is not lost for good.
      if (!isStolen && act !== 'wait' && act !== 'refresh' && act !== 'restart') {
        clock.advance(random.int(REPEAT_SECONDS));
        await use(replicas[random.int(2)] as Mortal);
      }
    }
    if (isStolen)
      for (const token of [held, ...spent])
        check((await send(replicas[0], token)) === undefined, `${label}: a token outlived its family`);
    else await use(replicas[1]);
    for (const given of successors.values()) check(given.size === 1, `${label}: a token has two successors`);

    async function use(mortal: Mortal): Promise<void> {
      const next = await send(mortal, held);
      check(next !== undefined, `${label}: the family is lost`);
      spent.push(held);
      held = next ?? held;
    }

    async function send(mortal: Mortal, token: string): Promise<string | undefined> {
      const response = await refresh(mortal.app, token);
      if (response.statusCode !== 200) return undefined;
      const next = response.json<SignedIn>().refresh_token;
      successors.set(token, (successors.get(token) ?? new Set()).add(next));
      return next;
    }
  }
}

function check(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise);
}

function mortalStores(stores: Stores, mortal: Partial<Mortal>): Stores {
  return {
    ...stores,
    sessions: {
      ...stores.sessions,
      async rotate(rotation) {
        const { dies } = mortal;
        mortal.dies = undefined;
        if (dies === 'before the write') throw new Error('the process died before it wrote');
        const rotated = await stores.sessions.rotate(rotation);
        if (dies === 'after the write') throw new Error('the process died before it answered');
        return rotated;
      },
    },
  };
}
