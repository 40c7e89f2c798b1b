import { setTimeout as pause } from 'node:timers/promises';
import { Guest, refresh, type Client, type MeasuredProcess } from '@roomkey/experiment';
import { signIn } from '@roomkey/rivals';
import { goOn, windowSeconds, withCard, withHeaders, withRefreshToken } from './thief.ts';

/** What is there to steal from. */
export interface World {
  readonly gateway: Client;
  /** A session service, and a service that takes the desk's tokens and looks at no revocation list. */
  readonly sessions: MeasuredProcess;
  readonly unrevoked: MeasuredProcess;
}

export interface Case {
  readonly what: string;
  readonly owner: string;
  /** What ends it, with the settings that are usual. */
  readonly bound: string;
  readonly side: 'token' | 'session';
  /** Seconds for which the thief can go on. */
  readonly window: (world: World) => Promise<number>;
}

export const TOKEN_SECONDS = 6;
export const SESSION_SECONDS = 24;
export const REPEAT_SECONDS = 1;
const AFTER_REPEAT_MS = 1_500;
const BEFORE_SIGN_OUT_MS = 500;

const AWAY = 'away';
const GOES_ON = 'goes on';
const SIGNS_OUT = 'signs out';

async function arrive({ gateway }: World) {
  return (await Guest.register(gateway)).signIn();
}

async function signOut({ gateway }: World, card: string): Promise<void> {
  await gateway.expect(204, '/auth/sessions/current', { method: 'DELETE', card });
}

export const CASES = {
  card: {
    what: 'access token',
    owner: GOES_ON,
    bound: 'life of a token: 5 min',
    side: 'token',
    async window(world) {
      const { card } = await arrive(world);
      return windowSeconds(withCard(world.gateway, card));
    },
  },
  cardSignedOut: {
    what: 'access token',
    owner: SIGNS_OUT,
    bound: 'until every service has heard: under 1 s',
    side: 'token',
    async window(world) {
      const { card } = await arrive(world);
      await pause(BEFORE_SIGN_OUT_MS);
      await signOut(world, card);
      return windowSeconds(withCard(world.gateway, card));
    },
  },
  cardWithoutLists: {
    what: 'access token, no revocation lists',
    owner: SIGNS_OUT,
    bound: 'life of a token: 5 min',
    side: 'token',
    async window(world) {
      const { card } = await arrive(world);
      await pause(BEFORE_SIGN_OUT_MS);
      await signOut(world, card);
      return windowSeconds(withHeaders(world.unrevoked.port, { authorization: `Bearer ${card}` }));
    },
  },
  refreshOwnerGoesOn: {
    what: 'refresh token',
    owner: GOES_ON,
    bound: "until the owner's next refresh: 5 min",
    side: 'token',
    async window(world) {
      const stay = await arrive(world);
      const stolen = await refresh(world.gateway, stay);
      await using _owner = goOn(withRefreshToken(world.gateway, stay));
      return await windowSeconds(withRefreshToken(world.gateway, stolen));
    },
  },
  refreshOwnerAway: {
    what: 'refresh token',
    owner: AWAY,
    bound: 'life of the session: 30 days',
    side: 'token',
    async window(world) {
      return windowSeconds(withRefreshToken(world.gateway, await arrive(world)));
    },
  },
  usedRefreshInTime: {
    what: 'used refresh token, repeated at once',
    owner: GOES_ON,
    bound: 'while the thief keeps pace with the owner: 30 days',
    side: 'token',
    async window(world) {
      const stay = await arrive(world);
      const owner = await refresh(world.gateway, stay);
      const thief = await refresh(world.gateway, stay);
      await using _owner = goOn(withRefreshToken(world.gateway, owner));
      return await windowSeconds(withRefreshToken(world.gateway, thief));
    },
  },
  usedRefreshLater: {
    what: 'used refresh token, later',
    owner: GOES_ON,
    bound: 'none; the whole session ends',
    side: 'token',
    async window(world) {
      const stay = await arrive(world);
      await refresh(world.gateway, stay);
      await pause(AFTER_REPEAT_MS);
      return windowSeconds(withRefreshToken(world.gateway, { ...stay, card: 'stolen without a card' }));
    },
  },
  session: {
    what: 'session id',
    owner: GOES_ON,
    bound: 'life of the session: 30 days',
    side: 'session',
    async window({ sessions }) {
      const headers = await signIn(sessions, 'owner');
      await using _owner = goOn(withHeaders(sessions.port, headers));
      return await windowSeconds(withHeaders(sessions.port, headers));
    },
  },
  sessionSignedOut: {
    what: 'session id',
    owner: SIGNS_OUT,
    bound: 'at once',
    side: 'session',
    async window({ sessions }) {
      const headers = await signIn(sessions, 'owner');
      await fetch(`http://127.0.0.1:${sessions.port}/sessions/current`, { method: 'DELETE', headers });
      return windowSeconds(withHeaders(sessions.port, headers));
    },
  },
} as const satisfies Readonly<Record<string, Case>>;

export type CaseName = keyof typeof CASES;
