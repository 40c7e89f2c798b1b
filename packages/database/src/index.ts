export { openDatabase, type Database, type DatabaseOptions } from './open-database.ts';
export { isDatabaseUnavailable, isUniqueViolation } from './errors.ts';
export { listen, type Listener, type ListenOptions } from './listen.ts';
export { migrate, type MigrationOptions } from './migrate.ts';
