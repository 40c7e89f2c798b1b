import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serverSuite } from '@roomkey/test-kit';
import { afterAll } from 'vitest';

const folder = await mkdtemp(join(tmpdir(), 'roomkey-image-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

serverSuite({
  server: new URL('../src/server.ts', import.meta.url),
  migrations: new URL('../migrations', import.meta.url),
  settings: { OBJECTS_DIR: folder },
  request: { path: '/image/images', scope: 'image:read' },
});
