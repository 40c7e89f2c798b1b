import { performance } from 'node:perf_hooks';
import {
  type Experiment,
  type Progress,
  residentMib,
  round,
  spread,
  type Spread,
  type Surroundings,
  withSystem,
} from '@roomkey/experiment';
import { measureFlood } from '../flooded-room.ts';

const SERVICES = ['auth', 'image', 'profile', 'data'] as const;
const STARTS = 7;
const GOAL_START_MS = 600;
const GOAL_IDLE_MIB = 110;
const GOAL_FLOOD = 3;

/** P11: how long a replica takes until it can work, what it weighs at rest, and what forged tokens cost those who have good ones. */
export const start: Experiment = {
  name: 'start',
  claim: `P11: a service is ready ${GOAL_START_MS} ms after its start, takes ${GOAL_IDLE_MIB} MB at rest, and serves through a flood of forged tokens.`,
  async run(progress) {
    // Compiled once, as when an image is made: what is not yet takes longer to start, and weighs more.
    await withSystem({ replicas: 1 }, progress, async () => undefined);
    return withSystem({ replicas: 1 }, progress, async (system) => {
      const idleMib = await measureRest(system);
      progress(`at rest: ${JSON.stringify(idleMib)} MiB`);
      const readyMs = await measureStarts(system, progress);
      const flood = await measureFlood(system, progress);
      return {
        figures: { idleMib, readyMs, flood },
        goal: `ready in ${GOAL_START_MS} ms (median of each service), at rest at most ${GOAL_IDLE_MIB} MiB, p99 of good requests under a flood at most ${GOAL_FLOOD} times that without`,
        ok:
          Object.values(readyMs).every(({ median }) => median <= GOAL_START_MS) &&
          Object.values(idleMib).every((mib) => mib <= GOAL_IDLE_MIB) &&
          flood.p99ToQuiet.median <= GOAL_FLOOD,
      };
    });
  },
};

/** From the call that starts a process to its first 200 of /readyz: its database answers, its view of the issuer is there. */
async function measureStarts({ system }: Surroundings, progress: Progress): Promise<Record<string, Spread>> {
  const readyMs: Record<string, Spread> = {};
  for (const service of SERVICES) {
    const took: number[] = [];
    for (let turn = 0; turn < STARTS; turn += 1) {
      const startedAt = performance.now();
      await using _replica = await system.startAside(service, {});
      took.push(performance.now() - startedAt);
    }
    readyMs[service] = spread(took);
    progress(`${service}: ready after ${took.map(Math.round).join(', ')} ms`);
  }
  return readyMs;
}

/** Of replicas that have just started, and were asked for nothing but their readiness; some seconds later V8 takes back a little. */
async function measureRest({ system }: Surroundings): Promise<Record<string, number>> {
  const replicas = [system.gateway, ...SERVICES.flatMap((service) => system.services.get(service) ?? [])];
  const resident = replicas.map(async ({ name, pid = 0 }) => [name, round(await residentMib(pid))] as const);
  return Object.fromEntries(await Promise.all(resident));
}
