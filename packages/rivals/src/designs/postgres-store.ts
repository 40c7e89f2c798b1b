import { Pool } from 'pg';
import { setting } from '../settings.ts';
import type { SessionStore } from './cookie-session.ts';
import { LIFETIME_SECONDS } from './design.ts';
import { asSessionStore } from './text-store.ts';

/** Look-ups in flight at once; a pool larger than the processors of a store can serve only queues there. */
const CONNECTIONS = 16;
const SCHEMA = `create table if not exists sessions (
  id text primary key, data text not null, expires_at timestamptz not null)`;

async function openPool(): Promise<Pool> {
  const pool = new Pool({ connectionString: setting('DATABASE_URL'), max: CONNECTIONS });
  pool.on('error', () => undefined);
  // Replicas that start together would trip over each other. One transaction: the lock is held until the table is there for all.
  await pool.query(`select pg_advisory_xact_lock(1); ${SCHEMA}`);
  return pool;
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
