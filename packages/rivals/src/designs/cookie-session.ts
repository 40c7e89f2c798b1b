import { randomBytes } from 'node:crypto';
import fastifyCookie from '@fastify/cookie';
import fastifySession, { type FastifySessionOptions } from '@fastify/session';
import { isBehindTls, optionalSetting } from '../settings.ts';
import { type Design, type Guest, LIFETIME_SECONDS } from './design.ts';

declare module 'fastify' {
  interface Session {
    guest?: Guest;
  }
}

export type SessionStore = NonNullable<FastifySessionOptions['store']>;

/**
 * A session behind a signed cookie. Tuned as one would: nothing is written where nothing changed (`rolling: false`,
 * `saveUninitialized: false`), so a read costs one look-up and no more.
 *
 * @param openStore the store of @fastify/session; in memory unless given
 * @param secret what cookies are signed with; told by SESSION_SECRET to all replicas of one experiment
 */
export function cookieSession(
  openStore?: () => Promise<SessionStore>,
  secret = optionalSetting('SESSION_SECRET') ?? randomBytes(32).toString('hex'),
): Design {
  return async (app) => {
    await app.register(fastifyCookie);
    const store = await openStore?.();
    await app.register(fastifySession, {
      secret,
      cookieName: 'session',
      rolling: false,
      saveUninitialized: false,
      cookie: {
        path: '/',
        httpOnly: true,
        secure: isBehindTls,
        sameSite: sameSite(),
        maxAge: LIFETIME_SECONDS * 1_000,
      },
      ...(store !== undefined && { store }),
    });
    return {
      recognize(request, _reply, done) {
        request.guest = request.session.guest ?? null;
        done();
      },
      async signIn(request, _reply, guest) {
        // Against session fixation: never the id that the request brought.
        await request.session.regenerate();
        request.session.guest = guest;
        return {};
      },
      signOut: (request) => request.session.destroy(),
    };
  };
}

/** `Lax`, unless an experiment asks for another one; `absent` leaves it out. */
function sameSite(): 'lax' | 'strict' | 'none' | false {
  const wanted = optionalSetting('SAME_SITE') ?? 'lax';
  if (wanted === 'absent') return false;
  if (wanted === 'lax' || wanted === 'strict' || wanted === 'none') return wanted;
  throw new Error(`SAME_SITE cannot be ${wanted}`);
}
