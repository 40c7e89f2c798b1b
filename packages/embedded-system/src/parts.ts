import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeAdministrationFile } from './administration-file.ts';
import { ChildLog } from './child-log.ts';
import type { ClaimedFolder } from './claim-folder.ts';
import { openClientIdentity } from './client-identity.ts';
import { DatabaseServer } from './database-server.ts';
import { freePorts, HOST } from './ports.ts';
import { REPLICA_ENVIRONMENT } from './replica-environment.ts';
import { Replica } from './replica.ts';
import { secretFile } from './secrets.ts';
import {
  appFolder,
  gatewayEnvironment,
  ROOMS,
  serviceEnvironment,
  SERVICES,
  type Clients,
  type OwnSettings,
  type ServiceName,
  type Surroundings,
} from './service-table.ts';
import type { OnSystemEvent } from './system-event.ts';

/** Everything a system consists of; nothing of it runs yet. */
export interface Parts {
  readonly database: DatabaseServer;
  /** Filled when the databases are there, before a replica of the service is started. */
  readonly databaseUrls: Map<ServiceName, string>;
  readonly gateway: Replica;
  /** Leaves the desk's settings where its command line looks for them; its database is there by then. */
  readonly tellAdministration: () => Promise<void>;
  readonly services: ReadonlyMap<ServiceName, readonly Replica[]>;
  /** One more replica, which the gateway does not know, with settings in place of the usual ones. */
  readonly aside: (service: ServiceName, settings: Record<string, string>) => Promise<Replica>;
}

/** A replica's pool has 10, auth listens on one more; the rest is for jobs and administration. */
const CONNECTIONS_PER_REPLICA = 12;

/** What Node has read and compiled once, types taken out: halves the processor time of a start. */
const COMPILE_CACHE = fileURLToPath(new URL('../../../node_modules/.cache/node', import.meta.url));

const makeKey = (): string => randomBytes(32).toString('base64');

/** Gives every part its place, port, log and settings. */
export async function createParts(
  { folder, origin, port }: ClaimedFolder,
  replicas: number,
  settings: OwnSettings,
  onEvent: OnSystemEvent,
): Promise<Parts> {
  const [databasePort = 0, ...ports] = await freePorts(1 + SERVICES.length * replicas);
  const clients = await Promise.all(
    ROOMS.map(async (room) => [room, await openClientIdentity(folder.secrets, room)] as const),
  );
  const surroundings: Surroundings = {
    origin,
    imageFolder: folder.images,
    settings,
    secretFiles: { KEY_ENCRYPTION_KEY_FILE: await secretFile(folder.secrets, 'key-encryption-key', makeKey) },
    clients: Object.fromEntries(clients) as Clients,
  };
  const databaseUrls = new Map<ServiceName, string>();

  const place = (
    service: string,
    name: string,
    at: number,
    readyPath: string,
    env: () => Record<string, string>,
  ) =>
    new Replica(
      {
        name,
        service,
        origin: `http://${HOST}:${at}`,
        readyPath,
        folder: appFolder(service),
        env: () => ({ NODE_COMPILE_CACHE: COMPILE_CACHE, ...REPLICA_ENVIRONMENT, ...env() }),
        log: new ChildLog(join(folder.logs, `${name}.log`)),
      },
      onEvent,
    );

  const placeService = (service: ServiceName, name: string, at: number, more: Record<string, string> = {}) =>
    place(service, name, at, '/readyz', () => {
      const databaseUrl = databaseUrls.get(service) ?? '';
      return { ...serviceEnvironment(service, { name, port: at, databaseUrl }, surroundings), ...more };
    });

  const tellAdministration = (): Promise<void> => {
    const databaseUrl = databaseUrls.get('auth') ?? '';
    const seat = { name: 'admin', port: 0, databaseUrl };
    return writeAdministrationFile(folder.path, serviceEnvironment('auth', seat, surroundings));
  };

  const services = new Map(
    SERVICES.map((service, row) => {
      const own = ports.slice(row * replicas, (row + 1) * replicas);
      return [service, own.map((at, index) => placeService(service, `${service}-${index + 1}`, at))] as const;
    }),
  );
  const aside = async (service: ServiceName, more: Record<string, string>): Promise<Replica> => {
    const [at = 0] = await freePorts(1);
    return placeService(service, `${service}-aside-${at}`, at, more);
  };
  const upstreams = new Map([...services].map(([name, own]) => [name, own.map((one) => one.origin)]));
  // Not its /readyz: that waits for a replica of every service, and they wait for the keys that come through the gateway.
  const gateway = place('gateway', 'gateway', port, '/healthz', () => gatewayEnvironment(port, upstreams));
  const database = new DatabaseServer({
    folder: folder.postgres,
    port: databasePort,
    maxConnections: CONNECTIONS_PER_REPLICA * (SERVICES.length * replicas + 2),
    onEvent,
  });
  return { database, databaseUrls, gateway, services, aside, tellAdministration };
}
