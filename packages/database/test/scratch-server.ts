import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres, type EmbeddedPostgres } from '@roomkey/embedded-postgres';
import { afterAll } from 'vitest';

/** A server of this test file's own: these tests hurt it. */
export async function scratchServer(): Promise<EmbeddedPostgres> {
  const dataDir = await mkdtemp(join(tmpdir(), 'roomkey-database-'));
  await chmod(dataDir, 0o711);
  const server = await startPostgres({ dataDir, durable: false, maxConnections: 20 });
  afterAll(async () => {
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  });
  return server;
}
