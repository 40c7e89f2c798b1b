import { createClient } from 'redis';
import { setting } from '../settings.ts';
import type { SessionStore } from './cookie-session.ts';
import { LIFETIME_SECONDS } from './design.ts';
import { asSessionStore } from './text-store.ts';

/** One connection: the client sends what is asked in one turn of the event loop together (pipelining). */
export async function openRedis() {
  const client = createClient({ url: setting('REDIS_URL') });
  // While Redis is away, requests fail and the client reconnects; without a listener the process would end.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

export async function redisStore(): Promise<SessionStore> {
  const redis = await openRedis();
  const key = (id: string): string => `session:${id}`;
  return asSessionStore({
    get: (id) => redis.get(key(id)),
    set: (id, text) => redis.set(key(id), text, { expiration: { type: 'EX', value: LIFETIME_SECONDS } }),
    destroy: (id) => redis.del(key(id)),
  });
}
