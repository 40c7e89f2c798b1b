import {
  expiryOf,
  Guest,
  openCuttablePath,
  type MeasuredProcess,
  type Stay,
  type Surroundings,
} from '@roomkey/experiment';
import {
  type CredentialHeaders,
  signIn,
  startIntrospectionDesk,
  startRedis,
  startRival,
  startSessionDatabase,
} from '@roomkey/rivals';
import { bearer, startTokenReplica } from '../../our-side.ts';

const CACHE_SECONDS = 5;

/** A service, somebody who is signed in there, and what can be taken away from it. */
export interface Side {
  readonly name: string;
  /** What is away. */
  readonly what: string;
  readonly port: number;
  /** What the guest sends now; undefined where the guest's token is over, and there is nobody to get another one from. */
  readonly headers: () => CredentialHeaders | undefined;
  /** Signs somebody in. @throws where that does not work */
  readonly signIn: () => Promise<unknown>;
  readonly takeAway: () => Promise<void>;
  readonly giveBack: () => Promise<void>;
}

export interface Sides extends AsyncDisposable {
  readonly all: readonly Side[];
  readonly missing: readonly string[];
}

export async function startSides(surroundings: Surroundings): Promise<Sides> {
  await using started = new AsyncDisposableStack();
  const all: Side[] = [await ourSide(started, surroundings)];
  const desk = started.use(await startIntrospectionDesk());
  for (const cacheSeconds of [0, CACHE_SECONDS]) {
    const name = cacheSeconds === 0 ? 'introspection' : `introspection, believed for ${cacheSeconds} s`;
    const settings = { INTROSPECTION_CACHE_MS: String(cacheSeconds * 1_000) };
    all.push(
      await rivalSide(started, { name, what: 'the desk', port: desk.port }, (port) =>
        startRival('opaque-introspection', {
          ...settings,
          INTROSPECTION_URL: `http://127.0.0.1:${port}`,
        }),
      ),
    );
  }
  const database = started.use(await startSessionDatabase());
  all.push(
    await rivalSide(
      started,
      { name: 'session in PostgreSQL', what: 'the store', port: database.port },
      (port) =>
        startRival('session-postgres', {
          DATABASE_URL: database.url.replace(`:${database.port}/`, `:${port}/`),
        }),
    ),
  );
  const missing: string[] = [];
  try {
    const redis = started.use(await startRedis());
    all.push(
      await rivalSide(started, { name: 'session in Redis', what: 'the store', port: redis.port }, (port) =>
        startRival('session-redis', { REDIS_URL: `redis://127.0.0.1:${port}` }),
      ),
    );
  } catch (error) {
    missing.push((error as Error).message);
  }
  const kept = started.move();
  return { all, missing, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

/** The real desk is stopped and its database withdrawn; the guest's card is fresh when that happens. */
async function ourSide(started: AsyncDisposableStack, surroundings: Surroundings): Promise<Side> {
  const { system, gateway } = surroundings;
  const service = started.use(await startTokenReplica(surroundings, 'token'));
  const guest = await Guest.register(gateway);
  let stay: Stay = await guest.signIn();
  let withdrawn: AsyncDisposable | undefined;
  return {
    name: 'token',
    what: 'the desk and its database',
    port: service.port,
    headers: () => (expiryOf(stay.card) * 1_000 > Date.now() ? bearer(stay.card) : undefined),
    signIn: () => guest.signIn(),
    async takeAway() {
      stay = await guest.signIn();
      await system.stop('auth');
      withdrawn = await system.database.withdraw('auth');
    },
    async giveBack() {
      await withdrawn?.[Symbol.asyncDispose]();
      await system.start('auth');
      stay = await guest.signIn();
    },
  };
}

/** The store lives on and forgets nothing; the path to it is cut, and mended. */
async function rivalSide(
  started: AsyncDisposableStack,
  { name, what, port }: Pick<Side, 'name' | 'what' | 'port'>,
  start: (port: number) => Promise<MeasuredProcess>,
): Promise<Side> {
  const path = started.use(await openCuttablePath(`http://127.0.0.1:${port}`));
  const service = started.use(await start(Number(new URL(path.origin).port)));
  const headers = await signIn(service, 'guest');
  return {
    name,
    what,
    port: service.port,
    headers: () => headers,
    signIn: () => signIn(service, 'another guest'),
    takeAway: async () => path.cut(),
    giveBack: async () => path.mend(),
  };
}
