import { flushCompileCache } from 'node:module';
import { setTimeout as delay } from 'node:timers/promises';
import process from 'node:process';
import closeWithGrace from 'close-with-grace';
import type { FastifyInstance } from 'fastify';

interface RunOptions {
  readonly HOST: string;
  readonly PORT: number;
  readonly DRAIN_MS: number;
}

const CLOSE_TIMEOUT_MS = 10_000;

/**
 * Listens, and leaves in order on SIGTERM, SIGINT or when the parent that started it over IPC is gone: readiness fails
 * first, the balancer has `DRAIN_MS` to notice, requests in flight finish, stores close (`onClose`), the process ends.
 *
 * @returns the address it listens on, also sent to a parent process as `{ listening: address }`
 */
export async function runService(
  app: FastifyInstance,
  { HOST, PORT, DRAIN_MS }: RunOptions,
): Promise<string> {
  const closer = closeWithGrace(
    { delay: CLOSE_TIMEOUT_MS + DRAIN_MS, logger: false },
    async ({ err, signal }) => {
      if (err) app.log.fatal({ err }, 'leaving after a fault');
      else app.log.info({ signal }, 'leaving');
      app.draining = true;
      await delay(DRAIN_MS);
      await app.close();
    },
  );
  process.once('disconnect', () => closer.close());
  const address = await app.listen({ host: HOST, port: PORT });
  process.send?.({ listening: address });
  // Here rather than at exit, where it would keep a process that was told to end (NODE_COMPILE_CACHE; nothing without it).
  setImmediate(flushCompileCache);
  return address;
}
