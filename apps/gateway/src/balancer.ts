import type { Replica } from './replica.ts';

/** A service behind the gateway. */
export class Service {
  readonly name: string;
  readonly replicas: readonly Replica[];
  readonly maxInFlight: number;
  inFlight = 0;
  retries = 0;
  turn = 0;

  constructor(name: string, replicas: readonly Replica[], maxInFlight: number) {
    this.name = name;
    this.replicas = replicas;
    this.maxInFlight = maxInFlight;
  }
}

/**
 * The ready replica with the fewest requests in flight; among equals, each has its turn.
 *
 * @param avoid the replica a former try failed on: taken again only if it is the last one that is ready
 */
export function chooseReplica(service: Service, avoid?: Replica): Replica | undefined {
  const { replicas } = service;
  const { length } = replicas;
  service.turn = (service.turn + 1) % length;
  let best: Replica | undefined;
  for (let offset = 0; offset < length; offset += 1) {
    const replica = replicas[(service.turn + offset) % length];
    if (replica === undefined || !replica.ready || replica === avoid) continue;
    if (best === undefined || replica.inFlight < best.inFlight) best = replica;
  }
  return best ?? (avoid?.ready === true ? avoid : undefined);
}

export function hasOtherReady(service: Service, replica: Replica): boolean {
  return service.replicas.some((other) => other !== replica && other.ready);
}
