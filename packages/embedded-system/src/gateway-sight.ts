import { setTimeout as wait } from 'node:timers/promises';
import type { Replica } from './replica.ts';

const WITHIN_MS = 20_000;
const POLL_MS = 10;

interface GatewayStatus {
  readonly services: readonly {
    readonly replicas: readonly { readonly url: string; readonly ready: boolean }[];
  }[];
}

/**
 * Resolves when the gateway has seen for itself that these replicas are ready: a little after they are, for it asks them only
 * now and then. Who sends a request sooner may be told that nobody is there.
 *
 * @throws naming those it did not see
 */
export async function untilSeenByGateway(
  gateway: Replica,
  replicas: readonly Replica[],
  signal: AbortSignal,
): Promise<void> {
  const deadline = Date.now() + WITHIN_MS;
  for (;;) {
    const seen = await readyOrigins(gateway);
    const unseen = replicas.filter(({ origin }) => !seen.has(origin));
    if (unseen.length === 0) return;
    if (Date.now() > deadline)
      throw new Error(`the gateway does not see ${unseen.map(({ name }) => name).join(', ')}`);
    await wait(POLL_MS, undefined, { signal });
  }
}

async function readyOrigins(gateway: Replica): Promise<ReadonlySet<string>> {
  try {
    const response = await fetch(`${gateway.origin}/gateway/status`, { signal: AbortSignal.timeout(1_000) });
    const { services } = (await response.json()) as GatewayStatus;
    const replicas = services.flatMap((service) => service.replicas);
    return new Set(replicas.filter(({ ready }) => ready).map(({ url }) => url));
  } catch {
    return new Set();
  }
}
