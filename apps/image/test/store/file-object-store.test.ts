import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, expect, test } from 'vitest';
import type { ObjectStore } from '../../src/domain/object-store.ts';
import { openFileObjectStore } from '../../src/store/file-object-store.ts';

const folder = await mkdtemp(join(tmpdir(), 'roomkey-objects-'));
afterAll(() => rm(folder, { recursive: true, force: true }));
const objects = await openFileObjectStore(folder);

async function put(store: ObjectStore, key: string, content: string): Promise<void> {
  await using file = store.scratch();
  await file.append(Buffer.from(content));
  await store.put(key, file);
}

async function read(key: string): Promise<string | undefined> {
  const found = await objects.get(key);
  return found && (await buffer(found.stream)).toString();
}

test('what was put is there, whole, under its key and no other', async () => {
  await put(objects, 'originals/ab/x/1.jpg', 'one');
  expect(await read('originals/ab/x/1.jpg')).toBe('one');
  const found = await objects.get('originals/ab/x/1.jpg');
  expect(found?.bytes).toBe(3);
  found?.stream.destroy();
  expect(await objects.get('originals/ab/x/2.jpg')).toBeUndefined();
  expect(await objects.get('originals/ab/never-there/1.jpg')).toBeUndefined();
  await using borrowed = await objects.borrow('originals/ab/x/1.jpg');
  expect(await readFile(borrowed?.path ?? '', 'utf8')).toBe('one');
  expect(await objects.borrow('originals/ab/x/2.jpg')).toBeUndefined();
});

test('many writers of the same key leave it whole', async () => {
  const content = 'x'.repeat(100_000);
  await Promise.all(Array.from({ length: 20 }, () => put(objects, 'derived/cd/y/1.webp', content)));
  expect(await read('derived/cd/y/1.webp')).toBe(content);
});

test('a scratch file is gone when it is disposed of, and an object stays', async () => {
  let path: string;
  {
    await using file = objects.scratch();
    ({ path } = file);
    await file.append(Buffer.from('a'));
    await file.append(Buffer.from('b'));
    expect(await readFile(path, 'utf8')).toBe('ab');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  }
  await expect(stat(path)).rejects.toThrow('ENOENT');
});

test('a folder is deleted with all that is in it, and nothing beside it', async () => {
  await put(objects, 'originals/ef/z/1.jpg', 'one');
  await put(objects, 'originals/ef/z2/1.jpg', 'two');
  await objects.deleteFolder('originals/ef/z');
  await objects.deleteFolder('originals/ef/never-there');
  expect(await read('originals/ef/z/1.jpg')).toBeUndefined();
  expect(await read('originals/ef/z2/1.jpg')).toBe('two');
});

test.each([
  '../x',
  'a/../../x',
  '/etc/passwd',
  'a//b',
  'a/',
  '',
  '.',
  'a/.hidden',
  'A',
  'a\0',
  'a b',
  'a/b.jpg/../../x',
])('a key like %j is no key (security 130)', async (key) => {
  await expect(objects.get(key)).rejects.toThrow('not a key');
  await expect(objects.borrow(key)).rejects.toThrow('not a key');
  await expect(objects.deleteFolder(key)).rejects.toThrow('not a key');
  await using file = objects.scratch();
  await file.append(Buffer.from('x'));
  await expect(objects.put(key, file)).rejects.toThrow('not a key');
});

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
