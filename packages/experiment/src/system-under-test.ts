import { startSystem, type System } from '@roomkey/embedded-system';
import { Administrator } from './administrator.ts';
import { Client } from './client.ts';
import type { Progress } from './experiment.ts';
import { hold, temporaryFolder } from './leftovers.ts';
import { ROOM_PATHS, ROOMS } from './load.ts';
import type { RoomReplica } from './refusal-watch.ts';
import { ServiceClient } from './service-client.ts';

/** A system of this experiment's own, and everybody who plays in it. */
export interface Surroundings {
  readonly system: System;
  /** Everything through the balancer. */
  readonly gateway: Client;
  /** Each replica of each room, asked by itself. */
  readonly rooms: readonly RoomReplica[];
  readonly admin: Administrator;
}

export interface TestSettings {
  readonly replicas: number;
  /** Settings of auth in place of the usual ones. */
  readonly auth?: Readonly<Record<string, string>>;
  /** Settings of rooms in place of the usual ones. */
  readonly rooms?: Readonly<Partial<Record<(typeof ROOMS)[number], Readonly<Record<string, string>>>>>;
  /** False: the rooms hear of changes by polling alone. */
  readonly hints?: boolean;
}

/** Hashing is not what is tried, and a drill's passwords are random. */
const CHEAP_PASSWORDS = { ARGON2_MEMORY_KIB: '64', ARGON2_PASSES: '1' };
const NO_LIMITS = {
  SIGN_INS_PER_ADDRESS_PER_MINUTE: '1000000',
  REGISTRATIONS_PER_ADDRESS_PER_HOUR: '1000000',
};
/** Nobody answers here. */
const NOWHERE = 'http://127.0.0.1:9/';

/** Starts a system in a folder of its own, runs, and leaves nothing of either. */
export async function withSystem<Result>(
  { replicas, auth = {}, rooms: ofRooms = {}, hints = true }: TestSettings,
  progress: Progress,
  run: (surroundings: Surroundings) => Promise<Result>,
): Promise<Result> {
  await using folder = temporaryFolder('experiment');
  const administrator = new ServiceClient('experiment-administrator');
  progress(`starting ${replicas} of each service`);
  await using held = await hold((signal) =>
    startSystem({
      dataDir: folder.path,
      port: 0,
      replicas,
      signal,
      settings: (service, origin, usual) => {
        if (service !== 'auth') return { ...(!hints && { EVENTS_URL: NOWHERE }), ...ofRooms[service] };
        const rooms = JSON.parse(usual['CLIENTS'] ?? '[]') as readonly object[];
        const clients = [...rooms, administrator.definition(['admin'], [`${origin}/auth`])];
        return { ...CHEAP_PASSWORDS, ...NO_LIMITS, CLIENTS: JSON.stringify(clients), ...auth };
      },
    }),
  );
  const system = held.it;
  await using gateway = new Client(system.origin, 64);
  await using rooms = openRooms(system);
  return await run({
    system,
    gateway,
    rooms: rooms.replicas,
    admin: new Administrator(administrator, gateway, system.origin),
  });
}

function openRooms(system: System): AsyncDisposable & { readonly replicas: readonly RoomReplica[] } {
  const replicas = ROOMS.flatMap((room) =>
    (system.services.get(room) ?? []).map(({ name, origin }) => ({
      name,
      path: ROOM_PATHS[room],
      client: new Client(origin, 2),
    })),
  );
  return {
    replicas,
    [Symbol.asyncDispose]: async () =>
      void (await Promise.all(replicas.map(({ client }) => client[Symbol.asyncDispose]()))),
  };
}
