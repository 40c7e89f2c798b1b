import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { openDatabase } from '@roomkey/database';
import { expect, test } from 'vitest';
import { sweep } from '../src/domain/sweeper.ts';
import { createPostgresImageCatalog } from '../src/store/postgres-image-catalog.ts';
import { takeSweepTurn } from '../src/store/sweep-turns.ts';
import type { Tables } from '../src/store/tables.ts';
import { openImage } from './open-image.ts';
import { corners } from './pictures.ts';

const LOST = '11111111-1111-4111-8111-111111111111';
const HOUR_MS = 3_600_000;

async function openSwept() {
  const image = await openImage();
  const database = openDatabase<Tables>({
    url: image.databaseUrl,
    applicationName: 'sweep',
    onError: () => {},
  });
  const catalog = createPostgresImageCatalog(database.db);
  const leave = async (path: string, ageMs: number) => {
    const file = join(image.folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, 'left');
    const at = new Date(Date.now() - ageMs);
    await utimes(file, at, at);
  };
  return {
    image,
    database,
    leave,
    sweep: (maxDerivedBytes = 1e9, now = Date.now()) =>
      sweep({ objects: image.objects, catalog, maxDerivedBytes, now }),
    async [Symbol.asyncDispose]() {
      await database.close();
      await image[Symbol.asyncDispose]();
    },
  };
}

test('what a crash has left is removed when nobody can be at work on it any more, and nothing else', async () => {
  await using open = await openSwept();
  const { mia, files } = open.image;
  const { id } = await mia.keep(await corners().png().toBuffer());
  await mia.picture(id, 'full/32,24/0/default.webp');
  await open.leave('scratch/0a', 2 * HOUR_MS);
  await open.leave('scratch/0b', HOUR_MS / 2);
  await open.leave(`originals/11/${LOST}/ab.jpg`, 2 * HOUR_MS);
  await open.leave(`derived/11/${LOST}/cd.webp`, 2 * HOUR_MS);
  await open.leave(`originals/22/${LOST.replaceAll('1', '2')}/ab.jpg`, HOUR_MS / 2);

  expect(await open.sweep()).toEqual({ images: 1, derivatives: 0, scratchFiles: 1 });
  expect((await files()).map((file) => file.split('/', 2).join('/')).sort()).toEqual(
    [`derived/${id.slice(0, 2)}`, `originals/${id.slice(0, 2)}`, 'originals/22', 'scratch/0b'].sort(),
  );
  // Everything is old by tomorrow; what has a row stays.
  await open.sweep(1e9, Date.now() + 24 * HOUR_MS);
  expect(await files()).toHaveLength(2);
  expect((await mia.picture(id, 'full/max/0/default.png')).status).toBe(200);
});

test('derivatives beyond the limit go, the oldest first, and come back when they are asked for', async () => {
  await using open = await openSwept();
  const { mia, files } = open.image;
  const { id } = await mia.keep(await corners(300, 200).png().toBuffer());
  const requests = ['full/150,100/0/default.webp', 'full/75,50/0/default.webp', 'full/30,20/0/default.webp'];
  const before = [];
  for (const request of requests) before.push((await mia.picture(id, request)).bytes);
  const bytes = before.reduce((sum, { length }) => sum + length, 0);

  expect((await open.sweep(bytes)).derivatives).toBe(0);
  expect((await open.sweep(bytes - 1)).derivatives).toBe(1);
  expect((await open.sweep(0)).derivatives).toBe(2);
  expect((await files()).filter((file) => file.startsWith('derived'))).toEqual([]);
  for (const [n, request] of requests.entries()) {
    expect((await mia.picture(id, request)).bytes).toEqual(before[n]);
  }
});

test('of many replicas one sweeps in a period', async () => {
  await using open = await openSwept();
  const { db } = open.database;
  const turns = await Promise.all(Array.from({ length: 8 }, () => takeSweepTurn(db, 600)));
  expect(turns.filter(Boolean)).toHaveLength(1);
  expect(await takeSweepTurn(db, 600)).toBe(false);
  expect(await takeSweepTurn(db, 0)).toBe(true);
});
