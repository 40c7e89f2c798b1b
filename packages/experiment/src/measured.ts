import type { AddressInfo, Server } from 'node:net';
import process from 'node:process';

/**
 * For the module of a measured process: `@roomkey/experiment/measured`, an entry of its own and without imports, because a lab
 * starts dozens of such processes and each would load everything that experiments need.
 */

/** Said by the module of a measured process when it listens. From then on it ends when whoever started it is gone. */
export function reportPort(port: number): void {
  if (process.send === undefined)
    throw new Error('reportPort is for a process that startMeasuredProcess started');
  process.once('disconnect', () => process.exit());
  process.send({ port });
}

/** Lets an app (Fastify's `listen`) listen on 127.0.0.1, and reports its port. */
export async function serveMeasured(
  app: { listen(options: { host: string; port: number }): Promise<string> },
  port = 0,
): Promise<void> {
  reportPort(Number(new URL(await app.listen({ host: '127.0.0.1', port })).port));
}

/** The same for a server of Node's own. */
export function listenMeasured(server: Server, port = 0): void {
  server.listen(port, '127.0.0.1', () => reportPort((server.address() as AddressInfo).port));
}
