export { createDatabase, dropDatabase, type DatabaseOptions } from './database.ts';
export { reachableDataDir } from './server-user.ts';
export { startPostgres, type EmbeddedPostgres, type PostgresOptions } from './start-postgres.ts';
