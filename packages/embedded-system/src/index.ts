export type { DatabaseServer } from './database-server.ts';
export { Interruption, watchForInterruption } from './interruption.ts';
export { choosePort } from './ports.ts';
export { REPLICA_ENVIRONMENT } from './replica-environment.ts';
export type { Replica } from './replica.ts';
export type { ServiceName } from './service-table.ts';
export { startSystem, type System, type SystemOptions } from './start-system.ts';
export type { SystemEvent } from './system-event.ts';
