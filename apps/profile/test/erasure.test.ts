import { openDatabase } from '@roomkey/database';
import { rowsHolding, type Send } from '@roomkey/test-kit';
import { expect, test } from 'vitest';
import { createEraser } from '../src/profile-eraser.ts';
import type { ProfileSchema } from '../src/profile-store.ts';
import { openProfile } from './open-profile.ts';

type House = Awaited<ReturnType<typeof openProfile>>;

async function erase({ url, desk }: House, subject: string) {
  await using database = openDatabase<ProfileSchema>({ url, applicationName: 'profile', onError: () => {} });
  return await createEraser(database.db)({ issuer: desk.issuer, subject });
}

const create = (as: Send, handle: string) =>
  as('PUT', '/profile/me', { body: { handle, displayName: 'Somebody' }, headers: { 'if-none-match': '*' } });

test('profile and picture are erased, nobody finds them, and the handle is free for somebody else', async () => {
  await using house = await openProfile();
  const { mia, ben } = house;
  await create(mia, 'nightowl');
  await using database = openDatabase<ProfileSchema>({
    url: house.url,
    applicationName: 'test',
    onError: () => {},
  });
  await database.db
    .updateTable('profiles')
    .set({ avatar_image: crypto.randomUUID(), avatar_tag: 'tag', avatar_bytes: Buffer.from('a picture') })
    .execute();
  expect((await ben('GET', '/profile/profiles/nightowl/avatar')).status).toBe(200);

  expect(await erase(house, 'mia')).toEqual({ profiles: 1, avatars: 1 });
  expect((await rowsHolding(house.url, 'mia')).map(({ table }) => table)).toEqual(['erased_subjects']);
  expect(await rowsHolding(house.url, 'nightowl')).toEqual([]);
  for (const path of ['nightowl', 'nightowl/avatar'])
    expect((await ben('GET', `/profile/profiles/${path}`)).status).toBe(404);
  expect((await ben('GET', '/profile/profiles?prefix=night')).json.items).toEqual([]);

  // Again, it says the same, and takes nothing from whoever has the handle by then.
  expect((await create(ben, 'NightOwl')).status).toBe(201);
  expect(await erase(house, 'mia')).toEqual({ profiles: 1, avatars: 1 });
  expect((await ben('GET', '/profile/me')).status).toBe(200);
});

test('who is erased can make no profile any more, and is told why', async () => {
  await using house = await openProfile();
  expect(await erase(house, 'mia')).toEqual({ profiles: 0, avatars: 0 });
  const refused = await create(house.mia, 'nightowl');
  expect([refused.status, refused.json.type]).toEqual([410, 'urn:roomkey:problem:gone']);
});

test('a profile that is made while its user is erased is erased, or is never made', async () => {
  for (let round = 0; round < 12; round += 1) {
    await using house = await openProfile();
    const [made, counts] = await Promise.all([create(house.mia, 'nightowl'), erase(house, 'mia')]);
    expect([201, 410]).toContain(made.status);
    expect(counts).toEqual({ profiles: made.status === 201 ? 1 : 0, avatars: 0 });
    expect((await rowsHolding(house.url, 'mia')).map(({ table }) => table)).toEqual(['erased_subjects']);
  }
});
