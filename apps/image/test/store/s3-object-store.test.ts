import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { closedPort, openSilentServer } from '@roomkey/test-kit';
import { afterAll, expect, test } from 'vitest';
import { objectStoreSuite } from './object-store-suite.ts';
import { openS3 } from './open-s3.ts';

const s3 = await openS3();
const objects = await s3.openStore();
afterAll(() => s3[Symbol.asyncDispose]());

objectStoreSuite('a bucket of an S3 server', objects);

const unusable = { code: 'EIO', message: 'the object store cannot be used' };

test('a wrong secret, an unknown key and an unknown bucket are a store that cannot be used', async () => {
  for (const changes of [
    { S3_SECRET_ACCESS_KEY: 'wrong' },
    { S3_ACCESS_KEY_ID: 'WRONG' },
    { S3_BUCKET: 'no-such-bucket' },
  ]) {
    const store = await s3.openStore(changes);
    await expect(store.requireWritable()).rejects.toMatchObject(unusable);
    await expect(store.get('a/b.jpg')).rejects.toMatchObject(unusable);
    await expect(store.delete('a/b.jpg')).rejects.toMatchObject(unusable);
    await expect(store.deleteFolder('a')).rejects.toMatchObject(unusable);
  }
});

test('a file that changes after it was hashed is not kept: the hash of what is sent is signed', async () => {
  await using file = objects.scratch();
  await file.append(Buffer.alloc(1_000));
  const sent = objects.put('tests/changed.jpg', file);
  await file.append(Buffer.alloc(1_000));
  await expect(sent).rejects.toMatchObject(unusable);
});

test('a server that is away, or says nothing, is told within seconds (security 151)', async () => {
  await using silent = await openSilentServer();
  for (const port of [await closedPort(), silent.port]) {
    const store = await s3.openStore({ S3_URL: `http://127.0.0.1:${port}` });
    const startedAt = performance.now();
    await expect(store.get('a/b.jpg')).rejects.toMatchObject(unusable);
    expect(performance.now() - startedAt).toBeLessThan(15_000);
  }
});

test('scratch files are left nowhere', async () => {
  expect(await readdir(s3.settings.SCRATCH_DIR)).toEqual([]);
});

test('a scratch folder that others can read is refused', async () => {
  const scratchFolder = await mkdtemp(join(tmpdir(), 'roomkey-open-'));
  await chmod(scratchFolder, 0o755);
  await expect(s3.openStore({ SCRATCH_DIR: scratchFolder })).rejects.toThrow('no one else');
  await rm(scratchFolder, { recursive: true });
});
