import { setTimeout as pause } from 'node:timers/promises';
import {
  httpRequest,
  interleave,
  type MeasuredProcess,
  saturate,
  type Surroundings,
} from '@roomkey/experiment';
import type { Bench } from '../../finding.ts';
import { countDeskRequests } from '../../our-side.ts';
import { REPLICA_COUNTS, type Fleet, type Fleets } from './fleets.ts';

const GUESTS = 50;
const WARM_UP_SECONDS = 0.4;
/** All replicas of a side together. */
const SECONDS = 0.4;
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
    for (const count of REPLICA_COUNTS) {
      const replicas = fleet.replicas.slice(0, count);
      sides[costName(fleet.name, count)] = () => costPerRequest(replicas, requests);
    }
    warmUps.push(() => loadInTurn(fleet.replicas, requests, WARM_UP_SECONDS));
    if (fleet.name !== 'token') continue;
    sides[FIRST_SEEN] = () => costPerRequest([fleets.forgetful], requests);
    warmUps.push(() => loadInTurn([fleets.forgetful], requests, WARM_UP_SECONDS));
  }
  for (const warmUp of warmUps) await warmUp();
  progress('everything is warm; what a request costs, in turns');
  return interleave(rounds, sides, progress);
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
  const before = await cpuOf(replicas);
  const answered = await loadInTurn(replicas, requests, SECONDS / replicas.length);
  return ((await cpuOf(replicas)) - before) / answered;
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

async function cpuOf(replicas: readonly MeasuredProcess[]): Promise<number> {
  const all = await Promise.all(replicas.map((replica) => replica.cpuMicroseconds()));
  return all.reduce((sum, one) => sum + one, 0);
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
