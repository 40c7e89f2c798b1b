import { setTimeout as pause } from 'node:timers/promises';
import {
  httpRequest,
  interleave,
  type MeasuredProcess,
  saturate,
  saturateProcess,
  type Surroundings,
} from '@roomkey/experiment';
import type { Bench } from '../../finding.ts';
import { countDeskRequests } from '../../our-side.ts';
import { REPLICA_COUNTS, type Fleet, type Fleets } from './fleets.ts';

const GUESTS = 50;
/** Each replica: until the runtime has compiled what is used a request costs up to ten times as much. */
const WARM_UP_SECONDS = 1.8;
/** Eight in each round, whatever the number of replicas: as much is begun and as much is averaged with one as with eight. */
const SLICES = 8;
const SLICE_SECONDS = 0.04;
/** Not counted: a replica that was idle finds the processor's caches full of what others need. */
const LEAD_IN_SECONDS = 0.04;
const CONNECTIONS = 8;
const DESK_SECONDS = 4;

/** Microseconds of processor time for one request, a figure a round; by `token × 8`, or `token, first seen`. */
export type Cost = Readonly<Record<string, readonly number[]>>;

export const FIRST_SEEN = 'token, first seen';
export const costName = (fleet: string, replicas: number): string => `${fleet} × ${replicas}`;

/** Sessions in memory are left out: what is at one replica alone cannot be read at eight. */
export async function measureCost(
  fleets: Fleets,
  rounds: number,
  progress: Bench['progress'],
): Promise<Cost> {
  const sides: Record<string, () => Promise<number>> = {};
  const warmUps: (() => Promise<unknown>)[] = [];
  for (const fleet of fleets.all.filter(({ name }) => name !== 'session in memory')) {
    const requests = await requestsOf(fleet);
    for (const count of REPLICA_COUNTS)
      sides[costName(fleet.name, count)] = inTurn((turn) =>
        costPerRequest(someOf(fleet.replicas, count, turn), requests),
      );
    warmUps.push(() => loadInTurn(fleet.replicas, requests, WARM_UP_SECONDS));
    if (fleet.name !== 'token') continue;
    sides[FIRST_SEEN] = () => costPerRequest([fleets.forgetful], requests);
    warmUps.push(() => loadInTurn([fleets.forgetful], requests, WARM_UP_SECONDS));
  }
  for (const warmUp of warmUps) await warmUp();
  progress('everything is warm; what a request costs, in turns');
  return interleave(rounds, sides, progress);
}

/** Measures with the number of the turn. */
function inTurn(measure: (turn: number) => Promise<number>): () => Promise<number> {
  let turn = -1;
  return () => measure((turn += 1));
}

/** Other ones each turn: were it always the first, it alone would be used by all sides, and be the warmest. */
function someOf(
  replicas: readonly MeasuredProcess[],
  count: number,
  turn: number,
): readonly MeasuredProcess[] {
  const start = turn % replicas.length;
  return [...replicas.slice(start), ...replicas.slice(0, start)].slice(0, count);
}

async function requestsOf({ replicas, signIn }: Fleet): Promise<readonly Buffer[]> {
  const [first] = replicas;
  if (first === undefined) throw new Error('a fleet without replicas');
  const requests: Buffer[] = [];
  for (let guest = 0; guest < GUESTS; guest += 1)
    requests.push(httpRequest('GET', '/documents', await signIn(first)));
  return requests;
}

async function costPerRequest(
  replicas: readonly MeasuredProcess[],
  requests: readonly Buffer[],
): Promise<number> {
  let [answered, cpuMicroseconds] = [0, 0];
  for (let slice = 0; slice < SLICES; slice += 1) {
    const replica = replicas[slice % replicas.length];
    if (replica === undefined) throw new Error('a fleet without replicas');
    const load = { requests, connections: CONNECTIONS };
    await saturate({ port: replica.port, ...load, seconds: LEAD_IN_SECONDS });
    const seen = await saturateProcess(replica, { ...load, seconds: SLICE_SECONDS });
    answered += seen.answered;
    cpuMicroseconds += seen.cpuMicroseconds;
  }
  return cpuMicroseconds / answered;
}

/** Each as if it had a machine of its own: eight at once on a few cores would show how they share these. */
async function loadInTurn(
  replicas: readonly MeasuredProcess[],
  requests: readonly Buffer[],
  seconds: number,
): Promise<number> {
  let answered = 0;
  for (const { port } of replicas)
    answered += (await saturate({ port, requests, connections: CONNECTIONS, seconds })).answered;
  return answered;
}

/** What the desk hears, while tokens are verified and while nothing is asked, in the same time. */
export interface DeskTraffic {
  readonly atRest: number;
  readonly underLoad: number;
  readonly verified: number;
}

export async function measureDesk(
  surroundings: Surroundings,
  fleets: Fleets,
  progress: Bench['progress'],
): Promise<DeskTraffic> {
  const token = fleets.all.find(({ name }) => name === 'token');
  if (token === undefined) throw new Error('there is no fleet of ours');
  const requests = await requestsOf(token);
  const counted = async (during: () => Promise<unknown>): Promise<number> => {
    const before = await countDeskRequests(surroundings);
    await during();
    return (await countDeskRequests(surroundings)) - before;
  };
  const atRest = await counted(() => pause(DESK_SECONDS * 1_000));
  let verified = 0;
  const underLoad = await counted(async () => {
    verified = await loadInTurn(token.replicas, requests, DESK_SECONDS / token.replicas.length);
  });
  progress(`the desk answers ${atRest} requests at rest, ${underLoad} while ${verified} tokens are verified`);
  return { atRest, underLoad, verified };
}
