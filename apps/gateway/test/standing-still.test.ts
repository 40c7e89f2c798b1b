import { nextTick } from 'node:process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startHealthCheck } from '../src/health-check.ts';
import { Replica } from '../src/replica.ts';
import { ConnectionPool } from '../src/upstream/connection-pool.ts';
import type { Connection } from '../src/upstream/connection.ts';
import { until } from './gateway-under-test.ts';
import { startReplica, type ReplicaUnderTest } from './replica-under-test.ts';

/** The gateway is this process, the replica another one, which goes on when this one stops. */
let service: ReplicaUnderTest;
beforeAll(async () => {
  service = await startReplica();
});
afterAll(() => service[Symbol.asyncDispose]());

const LIMIT_MS = 1_000;
const LIMITS = { connectMs: LIMIT_MS, answerMs: LIMIT_MS };

/** As on a machine that swaps, or a laptop that was closed. */
const standStill = (): unknown => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2 * LIMIT_MS);
/** Everything that is due has its turn. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('a health check whose answer came while the gateway stood still has passed', async () => {
  const replica = new Replica(service.origin, LIMITS);
  const changes: boolean[] = [];
  replica.onReadyChange = ({ ready }) => changes.push(ready);
  const stop = startHealthCheck(replica, { intervalMs: 3_600_000, timeoutMs: LIMIT_MS });
  await until(() => replica.ready);
  replica.markSuspect();
  await turn();
  standStill();
  for (let turns = 0; turns < 5; turns += 1) await turn();
  stop();
  expect(changes).toEqual([true]);
});

test('a connection that was made while the gateway stood still is used', async () => {
  const pool = new ConnectionPool(service.origin, LIMITS);
  const outcome = new Promise<string>((resolve) => {
    pool.acquire({
      onConnection: () => resolve('connected'),
      onUnreachable: () => resolve('unreachable'),
    });
  });
  nextTick(standStill);
  expect(await outcome).toBe('connected');
  pool.destroy();
});

test('an answer that came while the gateway stood still is handed on', async () => {
  const pool = new ConnectionPool(service.origin, LIMITS);
  const connection = await new Promise<Connection>((resolve, reject) => {
    pool.acquire({ onConnection: resolve, onUnreachable: () => reject(new Error('unreachable')) });
  });
  const outcome = new Promise<string>((resolve) => {
    connection.send('GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n', false, undefined, {
      isHeld: false,
      onHead: () => undefined,
      onData: () => undefined,
      onEnd: () => resolve('answered'),
      onFailure: resolve,
    });
  });
  standStill();
  expect(await outcome).toBe('answered');
  pool.destroy();
});
