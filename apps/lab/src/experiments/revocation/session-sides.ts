import {
  Client,
  type MeasuredProcess,
  type Progress,
  type RoomReplica,
  untilRefused,
} from '@roomkey/experiment';
import {
  type DesignName,
  type RivalSettings,
  sessionSecret,
  signIn,
  startIntrospectionDesk,
  startRedis,
  startRival,
  startSessionDatabase,
} from '@roomkey/rivals';

const REPLICAS = 6;
const CACHE_SECONDS = 2;
const PATH = '/documents';

/** A design in which somebody knows the signed-in for all replicas. */
export interface SessionSide {
  readonly name: string;
  readonly replicas: readonly MeasuredProcess[];
  readonly watched: readonly RoomReplica[];
  /** Slow ones are tried less often. */
  readonly mostRounds: number;
}

export interface SessionSides extends AsyncDisposable {
  readonly all: readonly SessionSide[];
  readonly missing: readonly string[];
}

export async function startSessionSides(progress: Progress): Promise<SessionSides> {
  progress(`starting ${REPLICAS} replicas of each rival`);
  await using started = new AsyncDisposableStack();
  const side = async (
    name: string,
    design: DesignName,
    settings: RivalSettings,
    mostRounds = Infinity,
  ): Promise<SessionSide> => {
    const all = { ...sessionSecret(), ...settings };
    const names = Array.from({ length: REPLICAS }, (_, at) => `${name} ${at + 1}`);
    const replicas = await Promise.all(
      names.map(async (each) => started.use(await startRival(design, all, each))),
    );
    const watched = replicas.map(({ port }, at) => ({
      name: names[at] ?? name,
      path: PATH,
      client: started.use(new Client(`http://127.0.0.1:${port}`, 2)),
    }));
    return { name, replicas, watched, mostRounds };
  };
  const database = started.use(await startSessionDatabase());
  const desk = started.use(await startIntrospectionDesk());
  const introspection = { INTROSPECTION_URL: `http://127.0.0.1:${desk.port}` };
  const all = [
    await side('session in PostgreSQL', 'session-postgres', { DATABASE_URL: database.url }),
    await side('introspection', 'opaque-introspection', introspection),
    await side(
      `introspection, believed for ${CACHE_SECONDS} s`,
      'opaque-introspection',
      { ...introspection, INTROSPECTION_CACHE_MS: String(CACHE_SECONDS * 1_000) },
      5,
    ),
  ];
  const missing: string[] = [];
  try {
    const redis = started.use(await startRedis());
    all.push(await side('session in Redis', 'session-redis', { REDIS_URL: redis.url }));
  } catch (error) {
    missing.push((error as Error).message);
  }
  const kept = started.move();
  return { all, missing, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

/** Signs in at one replica and out again there; milliseconds until the last one refuses. */
export async function deleteSession({ replicas, watched }: SessionSide): Promise<number> {
  const [first] = replicas;
  const [door] = watched;
  if (first === undefined || door === undefined) throw new Error('a side without replicas');
  const headers = await signIn(first, 'guest');
  const delays = await untilRefused(watched, { headers }, () =>
    door.client.expect(204, '/sessions/current', { method: 'DELETE', headers }),
  );
  return Math.max(...delays);
}
