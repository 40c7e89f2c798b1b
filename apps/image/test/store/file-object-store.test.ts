import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openFileObjectStore } from '../../src/store/file-object-store.ts';
import { objectStoreSuite } from './object-store-suite.ts';

const folder = await mkdtemp(join(tmpdir(), 'roomkey-objects-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

objectStoreSuite('files', await openFileObjectStore(folder));

test('a store whose folder has vanished is not ready', async () => {
  const other = join(folder, 'other');
  const store = await openFileObjectStore(other);
  await expect(store.requireWritable()).resolves.toBeUndefined();
  await rm(other, { recursive: true });
  await expect(store.requireWritable()).rejects.toThrow('ENOENT');
  await writeFile(other, 'a file in its place');
  await chmod(other, 0o600);
  await expect(store.requireWritable()).rejects.toThrow('ENOTDIR');
});
