import { setTimeout as delay } from 'node:timers/promises';
import { openDatabase } from '@roomkey/database';
import { rowsHolding } from '@roomkey/test-kit';
import { expect, test } from 'vitest';
import { createEraser } from '../src/domain/eraser.ts';
import type { ObjectStore } from '../src/domain/object-store.ts';
import { createPostgresErasedRows } from '../src/store/postgres-erased-rows.ts';
import type { Tables } from '../src/store/tables.ts';
import { openImage } from './open-image.ts';
import { corners } from './pictures.ts';

type House = Awaited<ReturnType<typeof openImage>>;

async function erase({ databaseUrl, desk, objects }: House, subject: string, on: ObjectStore = objects) {
  await using database = openDatabase<Tables>({
    url: databaseUrl,
    applicationName: 'image',
    onError: () => {},
  });
  const eraser = createEraser(createPostgresErasedRows(database.db), on);
  return await eraser({ issuer: desk.issuer, subject });
}

const picture = () => corners().png().toBuffer();
const THUMB = 'full/9,/0/default.webp';
const tablesHolding = async ({ databaseUrl }: House, text: string) =>
  (await rowsHolding(databaseUrl, text)).map(({ table }) => table);

test('images, what was derived of them and the quota are erased; links and public addresses show nothing; what others have stays', async () => {
  await using house = await openImage();
  const { mia, ben, stranger } = house;
  const [own, shown] = [await mia.keep(await picture()), await mia.keep(await picture())];
  // The same bytes, and an image of its own.
  const bens = await ben.keep(await picture());
  await mia.send(
    'PATCH',
    `/image/images/${shown.id}`,
    { 'content-type': 'application/json' },
    Buffer.from('{"visibility":"public"}'),
  );
  expect((await stranger.picture(shown.id, THUMB)).status).toBe(200);
  expect((await mia.picture(own.id, THUMB)).status).toBe(200);

  expect(await erase(house, 'mia')).toEqual({ images: 2, quotas: 1 });
  expect(await tablesHolding(house, 'mia')).toEqual(['erased_subjects']);
  expect((await house.files()).filter((file) => !file.includes(bens.id))).toEqual([]);
  expect((await stranger.picture(shown.id, THUMB)).status).toBeGreaterThanOrEqual(400);
  expect((await stranger.picture(shown.id, THUMB)).status).toBeLessThan(500);
  expect((await ben.picture(bens.id, THUMB)).status).toBe(200);
  expect(await erase(house, 'mia')).toEqual({ images: 2, quotas: 1 });
});

test('an upload that races with the erasure is erased, or is refused and leaves no bytes', async () => {
  await using house = await openImage();
  await using second = await house.openAnother();
  const bytes = await picture();
  const guests = [house.mia, second.guest({ sub: 'mia' })] as const;
  let kept = 0;
  const uploads = Array.from({ length: 6 }, async (_, turn) => {
    for (;;) {
      const { status } = await guests[turn % 2 === 0 ? 0 : 1].upload(bytes);
      if (status === 201) kept += 1;
      else if (status === 503) await delay(5);
      else return status;
    }
  });
  await expect.poll(() => kept).toBeGreaterThan(3);
  const counts = await Promise.all([erase(house, 'mia'), erase(house, 'mia')]);
  expect(new Set(await Promise.all(uploads))).toEqual(new Set([410]));
  for (const one of counts) expect(one).toEqual({ images: kept, quotas: 1 });
  expect(await tablesHolding(house, 'mia')).toEqual(['erased_subjects']);
  expect(await house.files()).toEqual([]);
});

test('an erasure that breaks off between rows and bytes is gone on with, and says the same', async () => {
  await using house = await openImage();
  await house.mia.keep(await picture());
  await house.mia.keep(await picture());
  let removals = 0;
  const failing: ObjectStore = {
    ...house.objects,
    async deleteFolder(folder) {
      removals += 1;
      if (removals === 3) throw new Error('the store is away');
      await house.objects.deleteFolder(folder);
    },
  };
  await expect(erase(house, 'mia', failing)).rejects.toThrow('away');
  expect((await house.mia.send('GET', '/image/images')).json.items).toEqual([]);
  expect(await house.files()).toHaveLength(1);
  expect(await erase(house, 'mia')).toEqual({ images: 2, quotas: 1 });
  expect(await house.files()).toEqual([]);
  expect(await tablesHolding(house, 'mia')).toEqual(['erased_subjects']);
});

test('a derivative that is being made when its image goes does not stay', async () => {
  await using house = await openImage();
  const { objects } = house;
  const { id } = await house.mia.keep(await picture());
  const slow: ObjectStore = {
    ...objects,
    async putReplaceable(key, file) {
      // The image goes in the last moment before its derivative is stored.
      await erase(house, 'mia');
      await objects.putReplaceable(key, file);
    },
  };
  await using other = await house.openAnother({ objects: slow });
  const answer = await other.guest({ sub: 'mia' }).picture(id, THUMB);
  expect(answer.status).toBe(404);
  expect(await house.files()).toEqual([]);
});
