import { cpuMicroseconds, httpRequest, type MeasuredProcess } from '@roomkey/experiment';
import {
  ALGORITHMS,
  createSigner,
  type DesignName,
  sessionSecret,
  signIn,
  startIntrospectionDesk,
  startRedis,
  startRival,
  startSessionDatabase,
  startSlowPath,
  type RivalSettings,
} from '@roomkey/rivals';
import type { Bench } from '../../finding.ts';
import { AUDIENCE, ISSUER, LONG_SECONDS, sampleToken } from '../../sample-token.ts';

/** One way to know who asks, running, with requests of guests who are signed in. */
export interface Side {
  readonly name: string;
  /** How the report groups it. */
  readonly kind: 'no check' | 'known token' | 'first-seen token' | 'look-up';
  /** Of the path between service and store, as asked for; look-ups alone have one. */
  readonly roundTripMs?: number;
  readonly service: MeasuredProcess;
  readonly requests: readonly Buffer[];
  /** Processor time that the store has used, in microseconds. */
  readonly storeCpu: () => Promise<number>;
}

/** Where look-ups go. */
interface Store {
  readonly designs: readonly DesignName[];
  readonly port: number;
  readonly settings: (port: number) => RivalSettings;
  readonly cpu: () => Promise<number>;
}

export const ROUND_TRIPS_MS = [0, 0.5, 2] as const;
const GUESTS = 200;
const PATH = '/documents';
const NO_STORE = async (): Promise<number> => 0;

export interface Sides extends AsyncDisposable {
  readonly all: readonly Side[];
  /** What the emulated paths lead to besides the stores: to measure how slow they are. */
  readonly paths: ReadonlyMap<number, MeasuredProcess>;
  /** What could not be tried, and how it could. */
  readonly missing: readonly string[];
}

/** Starts every side; all of them at once, each in a process of its own. */
export async function startSides(progress: Bench['progress']): Promise<Sides> {
  await using started = new AsyncDisposableStack();
  const open = started.use(await startRival('open'));
  const all: Side[] = [
    {
      name: 'no check',
      kind: 'no check',
      service: open,
      requests: [httpRequest('GET', PATH)],
      storeCpu: NO_STORE,
    },
  ];
  progress('starting services that verify tokens');
  all.push(...(await startTokenSides(started)));
  progress('starting stores, and services that look up');
  const { stores, missing, desk } = await startStores(started);
  for (const store of stores) all.push(...(await startLookUps(started, store)));
  const paths = new Map<number, MeasuredProcess>([[0, desk]]);
  for (const ms of ROUND_TRIPS_MS) if (ms > 0) paths.set(ms, started.use(await startSlowPath(desk.port, ms)));
  const kept = started.move();
  return { all, paths, missing, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

async function startTokenSides(started: AsyncDisposableStack): Promise<readonly Side[]> {
  const sides: Side[] = [];
  for (const algorithm of ALGORITHMS) {
    const signer = createSigner(algorithm);
    const requests = Array.from({ length: GUESTS }, () =>
      httpRequest('GET', PATH, { authorization: `Bearer ${sampleToken(signer, undefined, LONG_SECONDS)}` }),
    );
    const settings = { ISSUER, AUDIENCE, KEY: signer.exported };
    const known = started.use(await startRival('token', settings));
    const firstSeen = started.use(await startRival('token', { ...settings, MAX_CACHED_TOKENS: '0' }));
    sides.push(
      {
        name: `${algorithm}, known`,
        kind: 'known token',
        service: known,
        requests,
        storeCpu: NO_STORE,
      },
      {
        name: `${algorithm}, first seen`,
        kind: 'first-seen token',
        service: firstSeen,
        requests,
        storeCpu: NO_STORE,
      },
    );
  }
  return sides;
}

async function startStores(started: AsyncDisposableStack) {
  const missing: string[] = [];
  const desk = started.use(await startIntrospectionDesk());
  const database = started.use(await startSessionDatabase());
  const stores: Store[] = [
    {
      designs: ['session-postgres'],
      port: database.port,
      settings: (port) => ({ DATABASE_URL: database.url.replace(`:${database.port}/`, `:${port}/`) }),
      cpu: () => database.cpuMicroseconds(),
    },
    {
      designs: ['opaque-introspection'],
      port: desk.port,
      settings: (port) => ({ INTROSPECTION_URL: `http://127.0.0.1:${port}` }),
      cpu: () => desk.cpuMicroseconds(),
    },
  ];
  try {
    const redis = started.use(await startRedis());
    stores.unshift({
      designs: ['opaque-redis', 'session-redis'],
      port: redis.port,
      settings: (port) => ({ REDIS_URL: `redis://127.0.0.1:${port}` }),
      cpu: () => cpuMicroseconds(redis.pid),
    });
  } catch (error) {
    missing.push(error instanceof Error ? error.message : String(error));
  }
  return { stores, missing, desk };
}

async function startLookUps(started: AsyncDisposableStack, store: Store): Promise<readonly Side[]> {
  const sides: Side[] = [];
  for (const design of store.designs) {
    // A session made at one replica is known to all: they share the store and the secret.
    const secret = sessionSecret();
    let requests: readonly Buffer[] = [];
    for (const roundTripMs of ROUND_TRIPS_MS) {
      const path = roundTripMs === 0 ? store : started.use(await startSlowPath(store.port, roundTripMs));
      const service = started.use(await startRival(design, { ...secret, ...store.settings(path.port) }));
      if (requests.length === 0) requests = await signInGuests(service);
      const name = `${design}, ${roundTripMs} ms`;
      sides.push({ name, kind: 'look-up', roundTripMs, service, requests, storeCpu: store.cpu });
    }
  }
  return sides;
}

async function signInGuests(service: MeasuredProcess): Promise<readonly Buffer[]> {
  const requests: Buffer[] = [];
  for (let guest = 0; guest < GUESTS; guest += 1)
    requests.push(httpRequest('GET', PATH, await signIn(service, `guest-${guest}`)));
  return requests;
}
