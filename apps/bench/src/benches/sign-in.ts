import { availableParallelism } from 'node:os';
import { cpuUsage } from 'node:process';
import { setInterval } from 'node:timers/promises';
import { hash, verify } from '@node-rs/argon2';
import {
  Client,
  httpRequest,
  interleave,
  ratio,
  round,
  saturate,
  spread,
  startMeasuredProcess,
  summarize,
  type Experiment,
} from '@roomkey/experiment';
import { openDesk } from '../desk-under-test.ts';
import { publishTokens } from '../published-tokens.ts';
import { beginSessions, refreshAll } from '../refreshing.ts';

const CORES = availableParallelism();
/** In flight, on both sides. */
const CONNECTIONS = 4 * CORES;
const ROUNDS = 9;
/** A desk runs for weeks: its code is compiled when it is measured. Refreshing does that sooner than signing in. */
const WARM_UP_SECONDS = 8;
const SECONDS = 4;
/** Between two requests to the data route. */
const PAUSE_MS = 5;
const GOAL = { share: 0.8, times: 2 };
/** As auth has it unless told otherwise. */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
const PASSWORD = 'a lamp on a long table';

/**
 * P5: signing in uses the processor for hashing, and nobody else waits for it. Its share is of processor time, that of PostgreSQL
 * included: what there is on a machine where nobody else has the processor.
 */
export const signIns: Experiment = {
  name: 'sign-in',
  claim: `P5: the desk signs in at ${GOAL.share} of the rate of bare argon2id, and a data route's p99 stays within ${GOAL.times} times its idle one.`,
  async run(progress) {
    await using tokens = await publishTokens(1);
    await using room = await startMeasuredProcess(
      new URL('../servers/route.ts', import.meta.url),
      ['roomkey'],
      tokens.environment,
    );
    await using desk = await openDesk({ PASSWORD_CONCURRENCY: String(CORES) });
    await using reader = new Client(`http://127.0.0.1:${room.port}`);
    const read = (): Promise<number> => timeOf(reader, tokens.all[0] ?? '');
    const requests = await register(desk.process.port);
    const stored = await hash(PASSWORD, COST);
    const busyP99: number[] = [];
    const perSecond = { signIns: [] as number[], bareArgon2id: [] as number[] };
    const sides = {
      'bare argon2id': async () => {
        const before = cpuUsage();
        const bare = await verifyBare(stored);
        const { user, system } = cpuUsage(before);
        perSecond.bareArgon2id.push(bare.perSecond);
        return (bare.verified / (user + system)) * 1_000_000;
      },
      roomkey: async () => {
        const before = (await desk.process.cpuMicroseconds()) + (await desk.databaseCpuMicroseconds());
        const [signedIn, p99] = await Promise.all([
          saturate({ port: desk.process.port, requests, connections: CONNECTIONS, seconds: SECONDS }),
          p99Of(read),
        ]);
        const after = (await desk.process.cpuMicroseconds()) + (await desk.databaseCpuMicroseconds());
        busyP99.push(p99);
        perSecond.signIns.push(signedIn.perSecond);
        return (signedIn.answered / (after - before)) * 1_000_000;
      },
      'idle p99': () => p99Of(read),
    };
    progress('all warm up');
    await refreshAll(desk, await beginSessions(desk, CONNECTIONS), WARM_UP_SECONDS);
    for (const side of Object.values(sides)) await side();
    for (const seen of [busyP99, perSecond.signIns, perSecond.bareArgon2id]) seen.length = 0;
    const figures = await interleave(ROUNDS, sides, progress);
    const share = ratio(figures.roomkey, figures['bare argon2id']);
    const times = ratio(busyP99, figures['idle p99']);
    return {
      figures: {
        signInsToBareArgon2id: share,
        p99ToIdle: times,
        byTheClock: ratio(perSecond.signIns, perSecond.bareArgon2id),
        perCpuSecond: { signIns: spread(figures.roomkey), bareArgon2id: spread(figures['bare argon2id']) },
        perSecond: { signIns: spread(perSecond.signIns), bareArgon2id: spread(perSecond.bareArgon2id) },
        dataRouteP99Ms: { idle: spread(figures['idle p99']), besideSignIns: spread(busyP99) },
        cores: CORES,
      },
      goal: `at least ${GOAL.share} on all cores, at most ${GOAL.times} times the idle p99`,
      ok: share.median >= GOAL.share && times.median <= GOAL.times,
    };
  },
};

/** Accounts of as many people as sign in at once; gives their sign-ins. */
async function register(port: number): Promise<Buffer[]> {
  await using client = new Client(`http://127.0.0.1:${port}`);
  const people = Array.from({ length: CONNECTIONS }, (_, at) => ({
    name: `guest-${at}`,
    password: PASSWORD,
  }));
  for (const json of people) await client.expect(201, '/auth/accounts', { method: 'POST', json });
  return people.map((person) =>
    httpRequest('POST', '/auth/sessions', { 'content-type': 'application/json' }, JSON.stringify(person)),
  );
}

/** Verifications a second by the library alone, on all cores. */
async function verifyBare(stored: string): Promise<{ verified: number; perSecond: number }> {
  const startedAt = performance.now();
  let verified = 0;
  const keepOn = async (): Promise<void> => {
    while (performance.now() < startedAt + SECONDS * 1_000) {
      await verify(stored, PASSWORD);
      verified += 1;
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, keepOn));
  return { verified, perSecond: verified / ((performance.now() - startedAt) / 1_000) };
}

/** A request each few milliseconds, whether the last has been answered or not: who waits does not spare the others. */
async function p99Of(read: () => Promise<number>): Promise<number> {
  const until = performance.now() + SECONDS * 1_000;
  const under: Promise<number>[] = [];
  for await (const _ of setInterval(PAUSE_MS)) {
    if (performance.now() >= until) break;
    under.push(read());
  }
  return round(summarize(await Promise.all(under)).p99);
}

async function timeOf(client: Client, card: string): Promise<number> {
  const startedAt = performance.now();
  await client.expect(200, '/', { card });
  return performance.now() - startedAt;
}
