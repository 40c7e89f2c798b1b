import { Agent as PlainAgent, get as getPlain } from 'node:http';
import { Agent as TlsAgent, get as getTls } from 'node:https';
import { afterArrivals } from './late.ts';
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
): () => void {
  const isSecure = replica.origin.startsWith('https:');
  const agent = new (isSecure ? TlsAgent : PlainAgent)({ keepAlive: true, maxSockets: 1 });
  const get = isSecure ? getTls : getPlain;
  let timer: NodeJS.Timeout | undefined;
  let isChecking = false;
  let isStopped = false;

  const isReady = async (): Promise<boolean> => {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const request = get(`${replica.origin}/readyz`, { agent }, (answer) => {
      answer.resume();
      answer.on('end', () => resolve(answer.statusCode === 200));
      answer.on('close', () => resolve(false));
    }).on('error', () => resolve(false));
    // Here rather than by the request's own events, which some odd answers end without: the next check waits for this one.
    const giveUp = (): void => {
      resolve(false);
      request.destroy();
    };
    const late = setTimeout(() => afterArrivals(giveUp), timeoutMs);
    try {
      return await promise;
    } finally {
      clearTimeout(late);
    }
  };
  const check = async (): Promise<void> => {
    if (isChecking || isStopped) return;
    isChecking = true;
    clearTimeout(timer);
    const ready = await isReady();
    isChecking = false;
    if (isStopped) return;
    replica.setReady(ready);
    timer = setTimeout(() => void check(), intervalMs);
  };
  replica.onSuspicion = () => void check();
  void check();

  return () => {
    isStopped = true;
    clearTimeout(timer);
    replica.onSuspicion = undefined;
    agent.destroy();
  };
}
