import type { PostgresCursor, PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely';
import type { Pool, PoolClient } from 'pg';
import { isReadTimeout } from './errors.ts';
import { createStatementNames, type StatementNames } from './statement-names.ts';

/**
 * The pool as Kysely sees it. When the driver gives up on an answer it would put the connection back, and whoever got it
 * next would queue behind the answer that never comes; here the connection is closed at once instead. Statements that come
 * again are prepared once a connection.
 */
export function boundedPool(pool: Pool): PostgresPool {
  const nameOf = createStatementNames();
  return {
    options: pool.options,
    connect: async () => boundedClient(await pool.connect(), nameOf),
    end: () => pool.end(),
  };
}

function boundedClient(client: PoolClient, nameOf: StatementNames): PostgresPoolClient {
  function query<R>(statement: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<R>>;
  function query<R>(cursor: PostgresCursor<R>): PostgresCursor<R>;
  function query<R>(statement: string | PostgresCursor<R>, parameters: readonly unknown[] = []): unknown {
    if (typeof statement !== 'string') throw new TypeError('this package has no cursors');
    const name = nameOf(statement);
    const asked = { text: statement, values: [...parameters], ...(name !== undefined && { name }) };
    return client.query(asked).catch((error: unknown) => {
      if (isReadTimeout(error)) void client.end();
      throw error;
    });
  }
  return { query, release: () => client.release() };
}
