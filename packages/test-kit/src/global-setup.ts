/**
 * One PostgreSQL for a whole test run, started when the first test asks for it: a run that needs no database pays nothing.
 * Workers are other threads or processes, so they ask over the loopback interface, at an address only this run knows.
 */
import { randomUUID } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '@roomkey/embedded-postgres';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Where a worker asks for the superuser URL of the run's PostgreSQL. */
    postgresBroker: string;
  }
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const secretPath = `/${randomUUID()}`;
  let server: Promise<RunServer> | undefined;

  const broker = createServer((request, response) => {
    if (request.url !== secretPath) {
      response.writeHead(404).end();
      return;
    }
    server ??= startForRun();
    server.then(
      ({ superuserUrl }) => response.end(superuserUrl),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  await new Promise<void>((done) => broker.listen(0, '127.0.0.1', done));
  project.provide(
    'postgresBroker',
    `http://127.0.0.1:${(broker.address() as AddressInfo).port}${secretPath}`,
  );

  return async () => {
    broker.closeAllConnections();
    broker.close();
    const started = await server?.catch(() => undefined);
    await started?.[Symbol.asyncDispose]();
  };
}

interface RunServer extends AsyncDisposable {
  readonly superuserUrl: string;
}

async function startForRun(): Promise<RunServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'roomkey-test-'));
  const remove = (): Promise<void> => rm(dataDir, { recursive: true, force: true });
  try {
    // Started by root, the server runs as another user, who must be able to enter.
    await chmod(dataDir, 0o711);
    const postgres = await startPostgres({ dataDir, durable: false, maxConnections: 300 });
    return {
      superuserUrl: postgres.superuserUrl,
      [Symbol.asyncDispose]: async () => {
        await postgres.stop();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}
