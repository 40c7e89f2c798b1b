/**
 * The whole system on this machine: owns the order in which its parts start and stop, and that nothing is left of them.
 * How one process is watched is the replica's business, what a service is told the service table's.
 */
import { join } from 'node:path';
import { migrate } from '@roomkey/database';
import { claimFolder, type ClaimedFolder } from './claim-folder.ts';
import type { DatabaseServer } from './database-server.ts';
import { untilSeenByGateway } from './gateway-sight.ts';
import { createParts, type Parts } from './parts.ts';
import type { Replica } from './replica.ts';
import { appFolder, type OwnSettings, type ServiceName } from './service-table.ts';
import type { OnSystemEvent } from './system-event.ts';

export interface SystemOptions {
  /** Everything the system keeps is below it; a second start finds it again. Made when missing. */
  readonly dataDir: string;
  /** Port of the gateway; 0 takes a free one. */
  readonly port: number;
  /** Replicas of each service. */
  readonly replicas: number;
  /** Erase the data folder first. */
  readonly fresh?: boolean;
  /** Settings of a service in place of the usual ones. */
  readonly settings?: OwnSettings;
  readonly onEvent?: OnSystemEvent;
  /** Gives up a start that is under way; nothing is left of it when the start has thrown. */
  readonly signal?: AbortSignal;
}

/** A running system. Once closed, it is gone within 5 seconds: every process and every port. */
export interface System extends AsyncDisposable {
  /** Where the gateway answers. */
  readonly origin: string;
  readonly dataDir: string;
  readonly gateway: Replica;
  readonly database: DatabaseServer;
  readonly services: ReadonlyMap<ServiceName, readonly Replica[]>;
  /** @param name such as `image-1` */
  replica(name: string): Replica;
  /** Kills a replica's process with SIGKILL; it is started anew. Resolves when the process is gone. */
  kill(name: string): Promise<void>;
  /** Stops a replica, or all of a service, in order; only `start` brings it back. */
  stop(name: string): Promise<void>;
  /** Starts what was stopped; resolves when it is ready and the gateway knows. */
  start(name: string): Promise<void>;
  /** Starts one more replica of a service with settings of its own, out of the gateway's sight; stopped when disposed. */
  startAside(service: ServiceName, settings: Record<string, string>): Promise<Replica & AsyncDisposable>;
  /** `postgres://role:password@…` of a service's database. */
  databaseUrl(service: ServiceName): string;
  close(): Promise<void>;
}

/** SIGTERM, then SIGKILL after this; PostgreSQL after the services. Together they stay below 5 seconds. */
const GRACE_MS = 2_500;
const DATABASE_GRACE_MS = 1_500;

/**
 * Starts PostgreSQL, the gateway and the replicas of every service, as much as possible at once.
 *
 * @throws {FolderInUseError | PortError} before anything is started
 * @throws with the end of a log when a part does not start; nothing is left running then
 */
export async function startSystem(options: SystemOptions): Promise<System> {
  const {
    dataDir,
    port,
    replicas,
    fresh = false,
    settings = () => ({}),
    onEvent = () => undefined,
    signal,
  } = options;
  signal?.throwIfAborted();
  const claim = await claimFolder({ dataDir, port, fresh });
  const closing = new AbortController();
  let parts: Parts | undefined;
  let starting: Promise<unknown>[] = [];

  async function close(): Promise<void> {
    closing.abort(new Error('the system is being closed'));
    if (parts !== undefined) {
      await Promise.all(replicasOf(parts).map((replica) => replica.stop(GRACE_MS)));
      await parts.database.stop(DATABASE_GRACE_MS);
    }
    await Promise.allSettled(starting);
    await claim[Symbol.asyncDispose]();
  }
  let closed: Promise<void> | undefined;
  const closeOnce = (): Promise<void> => (closed ??= close());
  const giveUp = (): void => {
    closing.abort(signal?.reason);
    void closeOnce();
  };
  signal?.addEventListener('abort', giveUp);

  try {
    parts = await createParts(claim, replicas, settings, onEvent);
    closing.signal.throwIfAborted();
    starting = startParts(parts, closing.signal, onEvent);
    await Promise.all(starting);
    await untilSeenByGateway(parts.gateway, [...parts.services.values()].flat(), closing.signal);
    return describe(claim, parts, closeOnce, closing.signal);
  } catch (error) {
    const reason: unknown = closing.signal.aborted ? closing.signal.reason : error;
    await closeOnce();
    throw reason;
  } finally {
    signal?.removeEventListener('abort', giveUp);
  }
}

/** Each part as soon as what it needs is there; `signal` keeps those back that are not started yet. */
function startParts(parts: Parts, signal: AbortSignal, onEvent: OnSystemEvent): Promise<unknown>[] {
  const { database, databaseUrls, gateway, services } = parts;
  const startedAt = Date.now();
  const up = (part: string, where: string): void =>
    onEvent({ kind: 'up', part, where, tookMs: Date.now() - startedAt });

  const startDatabase = async (): Promise<void> => {
    await database.start(signal);
    up('postgres', database.origin);
  };
  const startReplica = async (replica: Replica): Promise<void> => {
    signal.throwIfAborted();
    await replica.start();
    up(replica.name, replica.origin);
  };
  const startService = async (service: ServiceName, replicas: readonly Replica[]): Promise<void> => {
    await databaseStarted;
    const url = await database.createDatabase(service);
    signal.throwIfAborted();
    await migrateService(service, url);
    databaseUrls.set(service, url);
    if (service === 'auth') await parts.tellAdministration();
    await Promise.all(replicas.map(startReplica));
  };

  const databaseStarted = startDatabase();
  return [
    databaseStarted,
    startReplica(gateway),
    ...[...services].map(([service, replicas]) => startService(service, replicas)),
  ];
}

async function migrateService(service: ServiceName, url: string): Promise<void> {
  try {
    await migrate({ url, folder: join(appFolder(service), 'migrations') });
  } catch (cause) {
    throw new Error(
      `The database of ${service} cannot be brought up to date: ${(cause as Error).message}\n` +
        'If the data are those of another version of the project, erase them: demo --fresh.',
      { cause },
    );
  }
}

function describe(
  claim: ClaimedFolder,
  parts: Parts,
  close: () => Promise<void>,
  closing: AbortSignal,
): System {
  const all = replicasOf(parts);
  const named = (name: string): readonly Replica[] => {
    closing.throwIfAborted();
    const found = all.filter((replica) => replica.name === name || replica.service === name);
    if (found.length === 0) throw new Error(`there is no replica or service called ${name}`);
    return found;
  };
  const replica = (name: string): Replica => {
    const one = named(name).find((each) => each.name === name);
    if (one === undefined) throw new Error(`${name} is a service: name one of its replicas`);
    return one;
  };
  return {
    origin: claim.origin,
    dataDir: claim.folder.path,
    gateway: parts.gateway,
    database: parts.database,
    services: parts.services,
    replica,
    kill: (name) => replica(name).kill(),
    stop: async (name) => void (await Promise.all(named(name).map((one) => one.stop(GRACE_MS)))),
    async start(name) {
      const started = named(name);
      await Promise.all(started.map((one) => one.start()));
      await untilSeenByGateway(
        parts.gateway,
        started.filter((one) => one !== parts.gateway),
        closing,
      );
    },
    async startAside(service, settings) {
      const extra = await parts.aside(service, settings);
      await extra.start();
      return Object.assign(extra, { [Symbol.asyncDispose]: () => extra.stop(GRACE_MS) });
    },
    databaseUrl: (service) => parts.databaseUrls.get(service) ?? '',
    close,
    [Symbol.asyncDispose]: close,
  };
}

const replicasOf = ({ gateway, services }: Parts): readonly Replica[] => [
  gateway,
  ...[...services.values()].flat(),
];
