import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pid } from 'node:process';
import { expect, test } from 'vitest';
import { claimFolder } from '../src/claim-folder.ts';
import { secretFile } from '../src/secrets.ts';
import { scratchFolder } from './folder.ts';

const FREE = { port: 0, fresh: false };

test('a second system on a folder is told where the first one answers', async () => {
  await using folder = await scratchFolder();
  await using first = await claimFolder({ dataDir: folder.path, ...FREE });
  const second = claimFolder({ dataDir: folder.path, port: 0, fresh: true });
  await expect(second).rejects.toThrow(`A system already runs on ${folder.path}: ${first.origin}`);
});

test('a folder is free again after its system, and after one whose process is gone', async () => {
  await using folder = await scratchFolder();
  const first = await claimFolder({ dataDir: folder.path, ...FREE });
  await first[Symbol.asyncDispose]();
  // The id of this process, but not its start: as if the id had been given out again.
  const stale = { pid, identity: 'long ago', origin: 'http://127.0.0.1:1' };
  await writeFile(join(folder.path, `running-${randomUUID()}.json`), JSON.stringify(stale));
  await using second = await claimFolder({ dataDir: folder.path, ...FREE });
  expect(second.folder.path).toBe(folder.path);
});

test('of many who come at once to the lock of a process that is gone, at most one gets the folder', async () => {
  for (let round = 0; round < 10; round += 1) {
    await using folder = await scratchFolder();
    await (await claimFolder({ dataDir: folder.path, ...FREE }))[Symbol.asyncDispose]();
    const stale = { pid, identity: 'long ago', origin: 'http://127.0.0.1:1' };
    await writeFile(join(folder.path, `running-${randomUUID()}.json`), JSON.stringify(stale));
    const claims = await Promise.allSettled(
      Array.from({ length: 8 }, () => claimFolder({ dataDir: folder.path, ...FREE })),
    );
    const got = claims.filter((claim) => claim.status === 'fulfilled');
    expect(got.length).toBeLessThanOrEqual(1);
    for (const { value } of got) await value[Symbol.asyncDispose]();
  }
});

test('a taken port is refused by name with another to choose, before anything is erased', async () => {
  await using folder = await scratchFolder();
  const before = await claimFolder({ dataDir: folder.path, ...FREE });
  await writeFile(join(folder.path, 'kept'), '');
  await before[Symbol.asyncDispose]();

  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  try {
    const claim = claimFolder({ dataDir: folder.path, port, fresh: true });
    await expect(claim).rejects.toThrow(
      new RegExp(`Port ${port} on 127\\.0\\.0\\.1 is taken .*--port ${port + 1} `),
    );
  } finally {
    other.close();
  }
  expect(await readdir(folder.path)).toContain('kept');
  expect((await readdir(folder.path)).filter((name) => name.startsWith('running'))).toEqual([]);
});

test('fresh erases what is ours; a folder with other files is not touched', async () => {
  await using ours = await scratchFolder();
  const before = await claimFolder({ dataDir: ours.path, ...FREE });
  await writeFile(join(before.folder.logs, 'old.log'), '');
  await before[Symbol.asyncDispose]();
  await using fresh = await claimFolder({ dataDir: ours.path, port: 0, fresh: true });
  expect(await readdir(fresh.folder.logs)).toEqual([]);

  await using theirs = await scratchFolder();
  await writeFile(join(theirs.path, 'thesis.txt'), 'chapter one');
  const claim = claimFolder({ dataDir: theirs.path, port: 0, fresh: true });
  await expect(claim).rejects.toThrow('holds other files');
  expect(await readdir(theirs.path)).toEqual(['thesis.txt']);
});

test('a secret is made once, is read by its owner alone, and lies where nobody else can look', async () => {
  await using folder = await scratchFolder();
  await using claim = await claimFolder({ dataDir: folder.path, ...FREE });
  const { secrets } = claim.folder;
  const file = await secretFile(secrets, 'key', () => 'first');
  expect(await secretFile(secrets, 'key', () => 'second')).toBe(file);
  expect(await readFile(file, 'utf8')).toBe('first');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect((await stat(secrets)).mode & 0o777).toBe(0o700);
});
