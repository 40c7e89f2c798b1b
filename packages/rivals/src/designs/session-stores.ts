import { callbackify } from 'node:util';
import type { Session } from 'fastify';
import { Pool } from 'pg';
import { createClient } from 'redis';
import { setting } from '../settings.ts';
import type { SessionStore } from './cookie-session.ts';
import { LIFETIME_SECONDS } from './design.ts';

/** Look-ups in flight at once; a pool larger than the processors of a store can serve only queues there. */
const CONNECTIONS = 16;
const SCHEMA = `create table if not exists sessions (
  id text primary key, data text not null, expires_at timestamptz not null)`;

/** One connection: the client sends what is asked in one turn of the event loop together (pipelining). */
export async function openRedis() {
  const client = createClient({ url: setting('REDIS_URL') });
  // While Redis is away, requests fail and the client reconnects; without a listener the process would end.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

export async function openPool(): Promise<Pool> {
  const pool = new Pool({ connectionString: setting('DATABASE_URL'), max: CONNECTIONS });
  pool.on('error', () => undefined);
  // Replicas that start together would trip over each other.
  await pool.query(`select pg_advisory_lock(1); ${SCHEMA}; select pg_advisory_unlock(1)`);
  return pool;
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

/** Prepared statements; the data as text, which PostgreSQL need not look into. */
export async function postgresStore(): Promise<SessionStore> {
  const pool = await openPool();
  return asSessionStore({
    async get(id) {
      const text = 'select data from sessions where id = $1 and expires_at > now()';
      const { rows } = await pool.query<{ data: string }>({ name: 'get', text, values: [id] });
      return rows[0]?.data ?? null;
    },
    set(id, data) {
      const text = `insert into sessions values ($1, $2, now() + $3 * interval '1 s')
        on conflict (id) do update set data = excluded.data, expires_at = excluded.expires_at`;
      return pool.query({ name: 'set', text, values: [id, data, LIFETIME_SECONDS] });
    },
    destroy: (id) =>
      pool.query({ name: 'destroy', text: 'delete from sessions where id = $1', values: [id] }),
  });
}

/** What keeps texts under ids, until their time is over. */
interface TextStore {
  readonly get: (id: string) => Promise<string | null>;
  readonly set: (id: string, text: string) => Promise<unknown>;
  readonly destroy: (id: string) => Promise<unknown>;
}

function asSessionStore(texts: TextStore): SessionStore {
  return {
    get: callbackify(async (id: string) => {
      const text = await texts.get(id);
      return text === null ? null : (JSON.parse(text) as Session);
    }),
    set: callbackify(
      async (id: string, session: Session) => void (await texts.set(id, JSON.stringify(session))),
    ),
    destroy: callbackify(async (id: string) => void (await texts.destroy(id))),
  };
}
