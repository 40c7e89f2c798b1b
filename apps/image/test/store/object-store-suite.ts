import { randomUUID } from 'node:crypto';
import { readFile, stat, utimes } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import type { ObjectStore } from '../../src/domain/object-store.ts';

/** What every object store does, whatever it keeps its objects in. */
export function objectStoreSuite(name: string, objects: ObjectStore): void {
  async function put(key: string, content: string | Buffer): Promise<void> {
    await using file = objects.scratch();
    await file.append(Buffer.from(content));
    await objects.put(key, file);
  }

  async function read(key: string): Promise<string | undefined> {
    const found = await objects.get(key);
    return found && (await buffer(found.stream)).toString();
  }

  async function listed(folder: string) {
    const found = [];
    for await (const object of objects.list(folder)) found.push(object);
    return found.toSorted((one, other) => one.key.localeCompare(other.key));
  }

  /** A folder of the test's own. */
  const ownFolder = () => `tests/${randomUUID()}`;

  describe(`an object store of ${name}`, () => {
    test('what was put is there, whole, under its key and no other', async () => {
      const folder = ownFolder();
      await put(`${folder}/1.jpg`, 'one');
      expect(await read(`${folder}/1.jpg`)).toBe('one');
      const found = await objects.get(`${folder}/1.jpg`);
      expect(found?.bytes).toBe(3);
      found?.stream.destroy();
      expect(await objects.get(`${folder}/2.jpg`)).toBeUndefined();
      expect(await objects.get('tests/never-there/1.jpg')).toBeUndefined();
      await using borrowed = await objects.borrow(`${folder}/1.jpg`);
      expect(await readFile(borrowed?.path ?? '', 'utf8')).toBe('one');
      expect(await objects.borrow(`${folder}/2.jpg`)).toBeUndefined();
    });

    test('what is small is read at once, what is larger as it comes', async () => {
      const key = `${ownFolder()}/1.jpg`;
      await put(key, 'one');
      expect(await objects.read(key, 3)).toEqual(Buffer.from('one'));
      const larger = await objects.read(key, 2);
      expect(larger).toMatchObject({ bytes: 3 });
      expect(larger && !Buffer.isBuffer(larger) && (await buffer(larger.stream)).toString()).toBe('one');
      expect(await objects.read(`${key}g`, 3)).toBeUndefined();
    });

    test('an object is there by its whole key alone', async () => {
      const folder = ownFolder();
      await put(`${folder}/1.jpg`, 'one');
      const keys = [`${folder}/1.jpg`, `${folder}/1.jp`, folder, `${folder}/2.jpg`];
      expect(await Promise.all(keys.map((key) => objects.has(key)))).toEqual([true, false, false, false]);
    });

    test('what can be made again is an object like any other', async () => {
      const key = `${ownFolder()}/1.webp`;
      for (let time = 0; time < 2; time += 1) {
        await using file = objects.scratch();
        await file.append(Buffer.from('made'));
        await objects.putReplaceable(key, file);
      }
      expect(await read(key)).toBe('made');
    });

    test('objects of many megabytes and of no byte are objects like any other', async () => {
      const folder = ownFolder();
      const large = Buffer.alloc(20_000_000, 'roomkey!');
      await put(`${folder}/large.png`, large);
      await put(`${folder}/empty.png`, '');
      const found = await objects.get(`${folder}/large.png`);
      expect(found?.bytes).toBe(large.length);
      expect(found && large.equals(await buffer(found.stream))).toBe(true);
      expect(await read(`${folder}/empty.png`)).toBe('');
    });

    test('many writers of the same key leave it whole', async () => {
      const key = `${ownFolder()}/1.webp`;
      const content = 'x'.repeat(100_000);
      await Promise.all(
        Array.from({ length: 20 }, async () => {
          await put(key, content);
          expect(await read(key)).toBe(content);
        }),
      );
    });

    test('a scratch file is gone when it is disposed of, an object stays', async () => {
      const key = `${ownFolder()}/1.webp`;
      let path: string;
      {
        await using file = objects.scratch();
        ({ path } = file);
        await file.append(Buffer.from('a'));
        await file.append(Buffer.from('b'));
        expect(await readFile(path, 'utf8')).toBe('ab');
        expect((await stat(path)).mode & 0o777).toBe(0o600);
        await objects.put(key, file);
      }
      await expect(stat(path)).rejects.toThrow('ENOENT');
      expect(await read(key)).toBe('ab');
    });

    test('scratch files that nobody writes any more are removed, the others are not', async () => {
      await using old = objects.scratch();
      await using young = objects.scratch();
      for (const file of [old, young]) await file.append(Buffer.from('x'));
      await utimes(old.path, new Date(0), new Date(0));
      expect(await objects.removeScratch(new Date(1_000))).toBe(1);
      await expect(stat(old.path)).rejects.toThrow('ENOENT');
      expect((await stat(young.path)).size).toBe(1);
    });

    test('a borrowed file can be read until it is given back, and the object stays', async () => {
      const key = `${ownFolder()}/1.png`;
      await put(key, 'one');
      {
        await using one = await objects.borrow(key);
        await using other = await objects.borrow(key);
        expect(await readFile(one?.path ?? '', 'utf8')).toBe(await readFile(other?.path ?? '', 'utf8'));
      }
      expect(await read(key)).toBe('one');
    });

    test('a folder is listed with all that is in it, and nothing beside it', async () => {
      const folder = ownFolder();
      const before = Date.now() - 2_000;
      await put(`${folder}/a/1.jpg`, 'one');
      await put(`${folder}/a/b/2.jpg`, 'three');
      await put(`${folder}/ab/3.jpg`, 'x');
      const found = await listed(`${folder}/a`);
      expect(found.map(({ key, bytes }) => [key, bytes])).toEqual([
        [`${folder}/a/1.jpg`, 3],
        [`${folder}/a/b/2.jpg`, 5],
      ]);
      for (const { modifiedAt } of found) {
        expect(modifiedAt.getTime()).toBeGreaterThan(before);
        expect(modifiedAt.getTime()).toBeLessThan(Date.now() + 2_000);
      }
      expect(await listed('tests/never-there')).toEqual([]);
    });

    test('a folder is deleted with all that is in it, and nothing beside it', async () => {
      const folder = ownFolder();
      for (let n = 0; n < 20; n += 1) await put(`${folder}/z/${n}.jpg`, 'one');
      await put(`${folder}/z2/1.jpg`, 'two');
      await objects.deleteFolder(`${folder}/z`);
      await objects.deleteFolder(`${folder}/never-there`);
      expect((await listed(folder)).map(({ key }) => key)).toEqual([`${folder}/z2/1.jpg`]);
      await objects.delete(`${folder}/z2/1.jpg`);
      await objects.delete(`${folder}/z2/1.jpg`);
      expect(await read(`${folder}/z2/1.jpg`)).toBeUndefined();
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
      await expect(objects.read(key, 1)).rejects.toThrow('not a key');
      await expect(objects.has(key)).rejects.toThrow('not a key');
      await expect(objects.delete(key)).rejects.toThrow('not a key');
      await expect(objects.deleteFolder(key)).rejects.toThrow('not a key');
      await expect(listed(key)).rejects.toThrow('not a key');
      await using file = objects.scratch();
      await file.append(Buffer.from('x'));
      await expect(objects.put(key, file)).rejects.toThrow('not a key');
    });

    test('it is ready when objects can be written', async () => {
      await expect(objects.requireWritable()).resolves.toBeUndefined();
    });
  });
}
