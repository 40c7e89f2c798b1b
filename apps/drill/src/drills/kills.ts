import { setTimeout as pause } from 'node:timers/promises';
import {
  type Experiment,
  type Progress,
  summarize,
  type Surroundings,
  withSystem,
} from '@roomkey/experiment';
import { Killer } from '../kills/killer.ts';
import { ageObjects, rowsNaming, strayObjects } from '../kills/leftovers.ts';
import { Seeded } from '../kills/seeded.ts';
import { TrackedGuest } from '../kills/tracked-guest.ts';
import { Visitor } from '../kills/visitor.ts';

const KILLS = 208;
/** Everything is looked at after so many. */
const KILLS_PER_ROUND = 52;
/** Guests who do something at the same time. */
const LANES = 3;
const SWEEP_SECONDS = 2;
const SWEPT_WITHIN_MS = 60_000;
const POLL_MS = 100;
const SHOWN_FAULTS = 10;

/** What is done while a replica is killed, and the services whose replicas take part. */
const OPERATIONS = {
  upload: ['image', 'image', 'image', 'auth'],
  write: ['data', 'data', 'data', 'auth'],
  export: ['data', 'auth', 'profile', 'image'],
  erasure: ['auth', 'image', 'profile', 'data'],
} as const;

type Operation = keyof typeof OPERATIONS;

interface Strike {
  readonly operation: Operation;
  readonly service: string;
  readonly replica: 1 | 2;
  /** Share of the operation's usual length. */
  readonly moment: number;
}

type Tally = Record<Operation, { acknowledged: number; undecided: number; usualMs: number }>;

/** Replicas are killed in the midst of everything that is kept, sent or erased; then what was acknowledged is looked for. */
export const kills: Experiment = {
  name: 'kills',
  claim:
    'Killing any replica at any moment loses nothing that was acknowledged, and leaves nothing half done.',
  run: (progress) =>
    withSystem(
      {
        replicas: 2,
        auth: { ACCESS_TOKEN_SECONDS: '900', EVENT_REDELIVERY_SECONDS: '2' },
        rooms: { image: { SWEEP_SECONDS: String(SWEEP_SECONDS) } },
      },
      progress,
      (surroundings) => strikeAll(surroundings, progress),
    ),
};

async function strikeAll({ system }: Surroundings, progress: Progress) {
  const seeded = new Seeded();
  progress(`ROOMKEY_SEED=${seeded.seed} makes the same choices again`);
  const plan = Array.from({ length: KILLS }, () => chooseStrike(seeded));
  const visitor = new Visitor(system.origin);
  const killer = new Killer(system);
  const guests = await Promise.all(Array.from({ length: LANES }, () => TrackedGuest.checkIn(visitor)));
  const erased: string[] = [];
  const faults: string[] = [];
  const tally: Tally = {
    upload: { acknowledged: 0, undecided: 0, usualMs: 0 },
    write: { acknowledged: 0, undecided: 0, usualMs: 0 },
    export: { acknowledged: 0, undecided: 0, usualMs: 0 },
    erasure: { acknowledged: 0, undecided: 0, usualMs: 0 },
  };

  const carryOut = async (operation: Operation, guest: TrackedGuest): Promise<boolean | string> => {
    if (operation === 'upload') return guest.images.upload();
    if (operation === 'write') return guest.documents.write();
    if (operation === 'export') return guest.export();
    erased.push(guest.id);
    return guest.erase();
  };
  const whoFor = async (operation: Operation, lane: TrackedGuest): Promise<TrackedGuest> => {
    if (operation !== 'erasure') return lane;
    const leaving = await TrackedGuest.checkIn(visitor);
    await leaving.settleIn();
    return leaving;
  };

  for (const guest of guests) await guest.settleIn();
  for (const operation of Object.keys(OPERATIONS) as Operation[]) {
    const guest = await whoFor(operation, guests[0] as TrackedGuest);
    const begunAt = performance.now();
    await carryOut(operation, guest);
    tally[operation].usualMs = Math.ceil(performance.now() - begunAt);
  }

  const strike = async ({ operation, service, replica, moment }: Strike, lane: TrackedGuest) => {
    const guest = await whoFor(operation, lane);
    let outcome: Promise<boolean | string> | undefined;
    await killer.kill(service, replica, async () => {
      outcome = carryOut(operation, guest);
      await pause(moment * tally[operation].usualMs);
    });
    const seen = await outcome;
    if (typeof seen === 'string') faults.push(seen);
    else tally[operation][seen === true ? 'acknowledged' : 'undecided'] += 1;
  };

  for (let begin = 0; begin < KILLS; begin += KILLS_PER_ROUND) {
    const round = plan.slice(begin, begin + KILLS_PER_ROUND);
    const takeAll = async (lane: TrackedGuest): Promise<void> => {
      for (let next = round.shift(); next !== undefined; next = round.shift()) await strike(next, lane);
    };
    await Promise.all(guests.map(takeAll));
    await killer.untilAllAreBack();
    for (const guest of guests) faults.push(...(await guest.faults()));
    faults.push(...(await rowsNaming(system, erased)));
    progress(
      `${begin + KILLS_PER_ROUND} of ${KILLS} kills, ${faults.length} faults${faults[0] === undefined ? '' : `: ${faults[0]}`}`,
    );
  }

  const stray = await strayObjects(system);
  await ageObjects(system);
  const deadline = Date.now() + SWEPT_WITHIN_MS;
  let left = stray;
  for (; left.length > 0 && Date.now() < deadline; left = await strayObjects(system)) await pause(POLL_MS);
  progress(`${stray.length} files of nobody before the sweep, ${left.length} after it`);
  faults.push(...left.map((path) => `stray: ${path}`));
  for (const guest of guests) faults.push(...(await guest.faults()));
  return {
    figures: {
      seed: seeded.seed,
      kills: killer.restartsMs.length,
      byService: killer.byService,
      operations: tally,
      imagesKept: guests.reduce((sum, { images }) => sum + images.acknowledged.size, 0),
      erased: erased.length,
      strayBeforeSweep: stray.length,
      restartMs: summarize(killer.restartsMs),
      faults: faults.slice(0, SHOWN_FAULTS),
    },
    goal: `at least 200 kills; nothing acknowledged is lost, nothing of who is erased is left, nothing is listed that cannot be read`,
    ok: killer.restartsMs.length >= 200 && faults.length === 0,
  };
}

function chooseStrike(seeded: Seeded): Strike {
  // Writes and uploads are what most is acknowledged of.
  const operation = seeded.pick(['upload', 'upload', 'write', 'write', 'export', 'erasure'] as const);
  return {
    operation,
    service: seeded.pick(OPERATIONS[operation]),
    replica: seeded.pick([1, 2]),
    moment: seeded.next(),
  };
}
