import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';

export const HOST = '127.0.0.1';

/**
 * Below the ports that systems give to outgoing connections (Linux from 32768, macOS from 49152): a replica that was
 * killed must find its port free again, although every other process goes on connecting.
 */
const FIRST_PORT = 20_000;
const LAST_PORT = 32_000;

/** The port the system should answer at cannot be had. */
export class PortError extends Error {
  override readonly name = 'PortError';
}

/** @throws {PortError} with a sentence for the person at the terminal, when the port cannot be listened on */
export async function requirePort(port: number): Promise<void> {
  const fault = await tryListening(port);
  if (fault === undefined) return;
  const reason = fault === 'EADDRINUSE' ? 'is taken by another program' : `cannot be used (${fault})`;
  const other = port < 1_024 || port >= 65_535 ? 8_081 : port + 1;
  throw new PortError(
    `Port ${port} on ${HOST} ${reason}. Choose another one: npx -y pnpm@12 demo --port ${other} (or PORT=${other}).`,
  );
}

/** A free port that stays usable for listening while the system runs. */
export const choosePort = (): Promise<number> => freePort(new Set());

/** The same, several different ones. */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await freePort(ports));
  return [...ports];
}

async function freePort(taken: ReadonlySet<number>): Promise<number> {
  for (;;) {
    const port = randomInt(FIRST_PORT, LAST_PORT);
    if (!taken.has(port) && (await tryListening(port)) === undefined) return port;
  }
}

async function tryListening(port: number): Promise<string | undefined> {
  const probe = createServer();
  try {
    await once(probe.listen(port, HOST), 'listening');
    const { port: got } = probe.address() as AddressInfo;
    return got === port ? undefined : 'EADDRINUSE';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unknown';
  } finally {
    if (probe.listening) {
      probe.close();
      await once(probe, 'close');
    }
  }
}
