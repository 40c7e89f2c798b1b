import { Guest, type MeasuredProcess, type Surroundings } from '@roomkey/experiment';
import {
  type CredentialHeaders,
  type DesignName,
  type RivalSettings,
  sessionSecret,
  signIn,
  startBalancer,
  startRedis,
  startRival,
  startSessionDatabase,
} from '@roomkey/rivals';
import { bearer, startTokenReplica } from '../../our-side.ts';

const REPLICAS = 4;
const GUESTS = 24;

/** Replicas behind a balancer, and guests who sign in. */
export interface Fleet {
  readonly name: string;
  readonly balancer: MeasuredProcess;
  readonly guests: number;
  readonly signIn: () => Promise<CredentialHeaders>;
  /** Kills a replica with SIGKILL, and starts it anew at the same port. */
  readonly kill: (index: number) => Promise<void>;
}

export interface Fleets extends AsyncDisposable {
  readonly all: readonly Fleet[];
  readonly missing: readonly string[];
}

export async function startFleets(surroundings: Surroundings): Promise<Fleets> {
  await using started = new AsyncDisposableStack();
  const sessions = (
    name: string,
    mode: 'sticky' | 'spread',
    design: DesignName,
    more: RivalSettings = {},
  ): Promise<Fleet> => {
    const settings = { ...sessionSecret(), ...more };
    return startFleet(started, {
      name,
      mode,
      start: (at) => startRival(design, { ...settings, ...at }),
      signIn: (balancer) => signIn(balancer, 'guest'),
    });
  };
  const fleets = [
    await startFleet(started, {
      name: 'token',
      mode: 'spread',
      start: (at) => startTokenReplica(surroundings, 'token', at),
      signIn: async () => bearer((await (await Guest.register(surroundings.gateway)).signIn()).card),
    }),
    await sessions('session in memory, sticky', 'sticky', 'session-memory'),
  ];
  const database = started.use(await startSessionDatabase());
  fleets.push(
    await sessions('session in PostgreSQL', 'spread', 'session-postgres', { DATABASE_URL: database.url }),
  );
  const missing: string[] = [];
  try {
    const redis = started.use(await startRedis());
    fleets.push(await sessions('session in Redis', 'spread', 'session-redis', { REDIS_URL: redis.url }));
  } catch (error) {
    missing.push((error as Error).message);
  }
  const kept = started.move();
  return { all: fleets, missing, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

interface FleetPlan {
  readonly name: string;
  readonly mode: 'sticky' | 'spread';
  readonly start: (settings: RivalSettings) => Promise<MeasuredProcess>;
  readonly signIn: (balancer: MeasuredProcess) => Promise<CredentialHeaders>;
}

async function startFleet(
  started: AsyncDisposableStack,
  { name, mode, start, signIn: signInAt }: FleetPlan,
): Promise<Fleet> {
  const replicas = await Promise.all(Array.from({ length: REPLICAS }, () => start({})));
  started.defer(async () => {
    await Promise.all(replicas.map((replica) => replica[Symbol.asyncDispose]()));
  });
  const balancer = started.use(await startBalancer(mode, replicas));
  return {
    name,
    balancer,
    guests: GUESTS,
    signIn: () => signInAt(balancer),
    async kill(index) {
      const at = index % replicas.length;
      const replica = replicas[at];
      if (replica === undefined) throw new Error('a fleet without replicas');
      // Disposing is SIGKILL, and waits until it is gone.
      await replica[Symbol.asyncDispose]();
      replicas[at] = await start({ PORT: String(replica.port) });
    },
  };
}
