import { Guest, type MeasuredProcess, type Surroundings } from '@roomkey/experiment';
import {
  type CredentialHeaders,
  type DesignName,
  type RivalSettings,
  sessionSecret,
  signIn,
  startRedis,
  startRival,
} from '@roomkey/rivals';
import { bearer, startTokenReplica } from '../../our-side.ts';

export const REPLICA_COUNTS = [1, 2, 4, 8] as const;
const MOST = 8;

/** Eight replicas of one design: fewer are some of them. */
export interface Fleet {
  readonly name: 'token' | 'session in Redis' | 'session in memory';
  readonly replicas: readonly MeasuredProcess[];
  /** Signs one more guest in, where sessions come about: through that balancer. */
  readonly signIn: (balancer: MeasuredProcess) => Promise<CredentialHeaders>;
}

export interface Fleets extends AsyncDisposable {
  readonly all: readonly Fleet[];
  /** Verifies every token anew: what a token costs at a replica that has not seen it. */
  readonly forgetful: MeasuredProcess;
  readonly missing: readonly string[];
}

export async function startFleets(surroundings: Surroundings): Promise<Fleets> {
  await using started = new AsyncDisposableStack();
  const start = async (startOne: (name: string) => Promise<MeasuredProcess>): Promise<MeasuredProcess[]> => {
    const names = Array.from({ length: MOST }, (_, at) => `replica-${at + 1}`);
    return Promise.all(names.map(async (name) => started.use(await startOne(name))));
  };
  const sessions = async (
    name: Fleet['name'],
    design: DesignName,
    settings: RivalSettings = {},
  ): Promise<Fleet> => {
    const all = { ...sessionSecret(), ...settings };
    return {
      name,
      replicas: await start((replica) => startRival(design, all, replica)),
      signIn: (balancer) => signIn(balancer, 'guest'),
    };
  };
  const fleets: Fleet[] = [
    {
      name: 'token',
      replicas: await start((replica) => startTokenReplica(surroundings, replica)),
      signIn: async () => bearer((await (await Guest.register(surroundings.gateway)).signIn()).card),
    },
    await sessions('session in memory', 'session-memory'),
  ];
  const missing: string[] = [];
  try {
    const redis = started.use(await startRedis());
    fleets.push(await sessions('session in Redis', 'session-redis', { REDIS_URL: redis.url }));
  } catch (error) {
    missing.push((error as Error).message);
  }
  const forgetful = started.use(
    await startTokenReplica(surroundings, 'forgetful', { MAX_CACHED_TOKENS: '0' }),
  );
  const kept = started.move();
  return { all: fleets, forgetful, missing, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}
