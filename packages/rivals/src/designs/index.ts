import { cookieSession } from './cookie-session.ts';
import type { Design } from './design.ts';
import { opaqueIntrospection, opaqueRedis } from './opaque-token.ts';
import { postgresStore, redisStore } from './session-stores.ts';
import { signedToken } from './signed-token.ts';

/** Every way to know who asks that is compared; `open` asks nobody. */
export const DESIGNS = {
  open: async () => ({ signIn: async () => ({}), signOut: async () => undefined }),
  token: signedToken,
  'session-memory': cookieSession(),
  'session-redis': cookieSession(redisStore),
  'session-postgres': cookieSession(postgresStore),
  'opaque-redis': opaqueRedis,
  'opaque-introspection': opaqueIntrospection,
} as const satisfies Readonly<Record<string, Design>>;

export type DesignName = keyof typeof DESIGNS;
