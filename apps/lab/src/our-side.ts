import { type MeasuredProcess, type Surroundings } from '@roomkey/experiment';
import { startRival, type RivalSettings } from '@roomkey/rivals';

/** The rivals' resource service with our verifier, which trusts the desk of a running system and hears of its changes. */
export function startTokenReplica(
  { system: { origin } }: Surroundings,
  name: string,
  settings: RivalSettings = {},
): Promise<MeasuredProcess> {
  const issuer = {
    ISSUER: origin,
    AUDIENCE: `${origin}/data`,
    JWKS_URL: `${origin}/.well-known/jwks.json`,
    STATUS_LISTS_URL: `${origin}/auth/status-lists`,
    EVENTS_URL: `${origin}/auth/status-lists/events`,
  };
  return startRival('token', { ...issuer, ...settings }, name);
}

/** What a guest with that card sends. */
export function bearer(card: string): Readonly<Record<string, string>> {
  return { authorization: `Bearer ${card}` };
}

const COUNT = /^http_request_duration_seconds_count\{.*\} (\d+)$/gm;

/** How many requests all replicas of the desk have answered so far, as their metrics say. */
export async function countDeskRequests({ system }: Surroundings): Promise<number> {
  const desks = system.services.get('auth') ?? [];
  const pages = await Promise.all(desks.map(async ({ origin }) => (await fetch(`${origin}/metrics`)).text()));
  return pages
    .flatMap((page) => [...page.matchAll(COUNT)])
    .reduce((sum, [, count]) => sum + Number(count), 0);
}
