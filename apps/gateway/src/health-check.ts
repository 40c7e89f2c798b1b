import { Client } from 'undici';
import type { Replica } from './replica.ts';

export interface HealthCheckOptions {
  readonly intervalMs: number;
  readonly timeoutMs: number;
}

/**
 * Asks a replica's /readyz again and again, on a connection of its own, and keeps `replica.ready` true to the last
 * answer: one failure takes it out, one success brings it back.
 *
 * @returns stops the checks
 */
export function startHealthCheck(
  replica: Replica,
  { intervalMs, timeoutMs }: HealthCheckOptions,
): () => Promise<void> {
  const client = new Client(replica.origin, {
    allowH2: false,
    connectTimeout: timeoutMs,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
  });
  let timer: NodeJS.Timeout | undefined;
  let isChecking = false;
  let isStopped = false;

  const check = async (): Promise<void> => {
    if (isChecking || isStopped) return;
    isChecking = true;
    clearTimeout(timer);
    const ready = await isReady(client);
    isChecking = false;
    if (isStopped) return;
    replica.setReady(ready);
    timer = setTimeout(() => void check(), intervalMs);
  };
  replica.onSuspicion = () => void check();
  void check();

  return async () => {
    isStopped = true;
    clearTimeout(timer);
    replica.onSuspicion = undefined;
    await client.destroy();
  };
}

async function isReady(client: Client): Promise<boolean> {
  try {
    const { statusCode, body } = await client.request({ method: 'GET', path: '/readyz' });
    await body.dump();
    return statusCode === 200;
  } catch {
    return false;
  }
}
