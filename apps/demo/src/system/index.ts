export { FolderInUseError } from './folder-lock.ts';
export { PortError } from './ports.ts';
export { startSystem, type System, type SystemOptions } from './start-system.ts';
export type { Replica } from './replica.ts';
export type { SystemEvent } from './system-event.ts';
