import { Kysely, PostgresDialect } from 'kysely';
import { Pool } from 'pg';
import { boundedPool } from './bounded-pool.ts';

export interface DatabaseOptions {
  /** `postgres://role:password@host:port/name`; TLS by its `sslmode`. */
  readonly url: string;
  /** Shown by the server in `pg_stat_activity`: the service's name. */
  readonly applicationName: string;
  /** Told of connections lost while idle. Nothing is broken then: the next query opens another. */
  readonly onError: (error: Error) => void;
  /** Connections of this process at most. Default: 10. */
  readonly maxConnections?: number;
  /** Wait for a connection, free or new, at most. Default: 3000. */
  readonly connectTimeoutMs?: number;
  /** The server cancels a statement after this long. Default: 5000. */
  readonly statementTimeoutMs?: number;
}

export interface Database<Schema> extends AsyncDisposable {
  readonly db: Kysely<Schema>;
  /** The same connections, for what the query builder cannot say (LISTEN). */
  readonly pool: Pool;
  /** Asks the server for a sign of life; throws when none comes in time. */
  ping(): Promise<void>;
  /** Lets queries that run finish, then closes every connection. Later queries throw. */
  close(): Promise<void>;
}

/** A server that says nothing is given up this much after it should have cancelled the statement. */
const SILENCE_MS = 1_000;
/** A check of its own, with less patience than queries have. */
const PING = { text: 'select 1', query_timeout: 1_000 };
const IDLE_TIMEOUT_MS = 30_000;
/** Replaces connections now and then, so that they spread again after a failover. */
const MAX_LIFETIME_SECONDS = 30 * 60;

/**
 * Opens a pool without connecting: a database that is away is no reason not to start. However the database fails, a
 * query ends within `connectTimeoutMs + statementTimeoutMs` and a second; see `isDatabaseUnavailable`.
 */
export function openDatabase<Schema>(options: DatabaseOptions): Database<Schema> {
  const { url, applicationName, onError } = options;
  const { maxConnections = 10, connectTimeoutMs = 3_000, statementTimeoutMs = 5_000 } = options;
  const pool = new Pool({
    connectionString: url,
    application_name: applicationName,
    max: maxConnections,
    connectionTimeoutMillis: connectTimeoutMs,
    statement_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs + SILENCE_MS,
    idle_in_transaction_session_timeout: statementTimeoutMs,
    idleTimeoutMillis: IDLE_TIMEOUT_MS,
    maxLifetimeSeconds: MAX_LIFETIME_SECONDS,
    keepAlive: true,
  });
  pool.on('error', onError);
  // A connection lost between two statements of a transaction emits too, and unheard it would end the process. The
  // next statement fails with it, so there is nothing to tell here.
  pool.on('connect', (client) => client.on('error', () => {}));

  const db = new Kysely<Schema>({ dialect: new PostgresDialect({ pool: boundedPool(pool) }) });
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= pool.end());
  return {
    db,
    pool,
    ping: async () => {
      await pool.query(PING);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
