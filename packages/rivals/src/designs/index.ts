import type { Design } from './design.ts';

/**
 * Every way to know who asks that is compared; `open` asks nobody. Each loads what it needs itself: a lab starts dozens of
 * replicas, and what is imported is most of a start.
 */
export const DESIGNS = {
  open: async () => ({ signIn: async () => ({}), signOut: async () => undefined }),
  token: async (app) => (await import('./signed-token.ts')).signedToken(app),
  'session-memory': async (app) => (await import('./cookie-session.ts')).cookieSession()(app),
  'session-redis': async (app) => {
    const { redisStore } = await import('./redis-store.ts');
    return (await import('./cookie-session.ts')).cookieSession(redisStore)(app);
  },
  'session-postgres': async (app) => {
    const { postgresStore } = await import('./postgres-store.ts');
    return (await import('./cookie-session.ts')).cookieSession(postgresStore)(app);
  },
  'opaque-redis': async (app) => (await import('./opaque-redis.ts')).opaqueRedis(app),
  'opaque-introspection': async (app) => (await import('./opaque-introspection.ts')).opaqueIntrospection(app),
} as const satisfies Readonly<Record<string, Design>>;

export type DesignName = keyof typeof DESIGNS;
