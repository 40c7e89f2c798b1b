import { Client } from './client.ts';
import type { VisitedSystem } from './tour/step.ts';

const SERVICES = ['auth', 'image', 'profile', 'data'] as const;
/** The balancer takes turns: a replica that was not met in so many requests in a row is not there. */
const ENOUGH_REQUESTS = 20;

/**
 * Learns of a system that runs somewhere what a visitor can learn of it: which replicas answer.
 *
 * @throws when nothing answers there, or something else does
 */
export async function lookAround(origin: string): Promise<VisitedSystem> {
  const client = new Client(origin);
  try {
    const found = SERVICES.map(
      async (service) => [service, await replicasOf(client, origin, service)] as const,
    );
    return { origin, services: new Map(await Promise.all(found)) };
  } finally {
    await client.close();
  }
}

async function replicasOf(
  client: Client,
  origin: string,
  service: string,
): Promise<readonly { readonly name: string }[]> {
  const names = new Set<string>();
  for (let inARow = 0; inARow < ENOUGH_REQUESTS; inARow += 1) {
    const path = `/${service}/docs/json`;
    const { status, servedBy } = await client.request('GET', path).catch((cause: Error) => {
      throw new Error(`Nothing can be asked at ${origin}: ${cause.message}`, { cause });
    });
    if (status !== 200 || servedBy === undefined)
      throw new Error(`No replica of ${service} answers at ${origin}${path}: it is ${status}.`);
    if (!names.has(servedBy)) inARow = 0;
    names.add(servedBy);
  }
  return [...names].sort().map((name) => ({ name }));
}
