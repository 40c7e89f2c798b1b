import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { type Client, refresh, type Stay } from '@roomkey/experiment';

const READ = '/data/collections/lab/documents';
const BETWEEN_TRIES_MS = 50;
const GIVE_UP_MS = 60_000;

/** Whether what somebody holds still opens the room. */
export type Try = () => Promise<boolean>;

/** With a copy of an access token alone. */
export function withCard(gateway: Client, card: string): Try {
  return async () => (await gateway.call(READ, { card })).status === 200;
}

/** With a refresh token: a new card whenever the old one ends. The owner's own client does the same. */
export function withRefreshToken(gateway: Client, stay: Stay): Try {
  let current = stay;
  return async () => {
    if (await withCard(gateway, current.card)()) return true;
    const renewed = await refresh(gateway, current).catch(() => undefined);
    if (renewed === undefined) return false;
    current = renewed;
    return withCard(gateway, current.card)();
  };
}

/** With headers, at one of the rivals. */
export function withHeaders(port: number, headers: Readonly<Record<string, string>>): Try {
  return async () => {
    const response = await fetch(`http://127.0.0.1:${port}/documents`, { headers });
    await response.arrayBuffer();
    return response.status === 200;
  };
}

/** Seconds from now to the last success. */
export async function windowSeconds(works: Try): Promise<number> {
  const startedAt = performance.now();
  let lastAt = startedAt;
  while (performance.now() - startedAt < GIVE_UP_MS) {
    if (!(await works())) break;
    lastAt = performance.now();
    await pause(BETWEEN_TRIES_MS);
  }
  return Math.round(lastAt - startedAt) / 1_000;
}

/** Goes on as long as it works, in the background: what an owner does who has noticed nothing. */
export function goOn(works: Try): AsyncDisposable {
  const over = new AbortController();
  const loop = async (): Promise<void> => {
    while (!over.signal.aborted && (await works())) await pause(BETWEEN_TRIES_MS);
  };
  const done = loop();
  return {
    async [Symbol.asyncDispose]() {
      over.abort();
      await done;
    },
  };
}
