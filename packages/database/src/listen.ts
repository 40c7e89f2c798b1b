import { setTimeout as delay } from 'node:timers/promises';
import { Client, type Notification } from 'pg';

export interface ListenOptions {
  readonly url: string;
  readonly applicationName: string;
  /** Names of channels: identifiers of this system, never of a request. */
  readonly channels: readonly string[];
  readonly onNotification: (channel: string, payload: string) => void;
  /** Told after each (re)connection: notifications may have been missed before it. */
  readonly onConnected: () => void;
  readonly onError: (error: unknown) => void;
}

export interface Listener {
  close(): Promise<void>;
}

const RECONNECT_MS = 250;
const MAX_RECONNECT_MS = 5_000;
const CONNECT_TIMEOUT_MS = 3_000;

/**
 * Listens on PostgreSQL channels over a connection of its own and reconnects until closed. Starts without its database. A
 * notification is a hint to look; what was missed while disconnected is made good by looking at `onConnected`.
 */
export function listen(options: ListenOptions): Listener {
  const closing = new AbortController();
  const { signal } = closing;

  async function listenOnce(): Promise<void> {
    const client = new Client({
      connectionString: options.url,
      application_name: options.applicationName,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      keepAlive: true,
    });
    const ended = new Promise<void>((resolve, reject) => {
      client.once('end', resolve);
      client.once('error', reject);
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    // The connection may fail before anybody waits for its end.
    ended.catch(() => undefined);
    client.on('error', () => undefined);
    client.on('notification', ({ channel, payload = '' }: Notification) =>
      options.onNotification(channel, payload),
    );
    try {
      await client.connect();
      for (const channel of options.channels)
        await client.query(`listen ${client.escapeIdentifier(channel)}`);
      options.onConnected();
      await ended;
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  async function run(): Promise<void> {
    let pauseMs = RECONNECT_MS;
    while (!signal.aborted) {
      const startedAtMs = Date.now();
      try {
        await listenOnce();
      } catch (error) {
        if (!signal.aborted) options.onError(error);
      }
      pauseMs =
        Date.now() - startedAtMs > MAX_RECONNECT_MS ? RECONNECT_MS : Math.min(pauseMs * 2, MAX_RECONNECT_MS);
      await delay(pauseMs, undefined, { signal }).catch(() => undefined);
    }
  }

  const running = run();
  return {
    async close() {
      closing.abort();
      await running;
    },
  };
}
