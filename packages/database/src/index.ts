export { openDatabase, type Database, type DatabaseOptions } from './open-database.ts';
export { isDatabaseUnavailable, isUniqueViolation } from './errors.ts';
export { migrate, type MigrationOptions } from './migrate.ts';
