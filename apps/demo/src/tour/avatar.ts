import { showCallsLogged } from './calls-logged.ts';
import { expect, expectStatus } from './expect.ts';
import type { Guest } from './guests.ts';
import type { Picture } from './pictures.ts';
import type { Profile } from './profile.ts';
import { report, type Stage } from './step.ts';

/**
 * Her profile shows her picture: profile asks image in her name, with a card that is for image alone. The log of image
 * says so, where it can be read: once for the metadata, once for the picture.
 */
export async function showPicture(
  stage: Stage,
  guest: Guest,
  profile: Profile,
  picture: Picture,
): Promise<void> {
  const { client } = stage;
  const card = guest.card.token;
  const json = { image: picture.id };
  const set = await client.request('PUT', `${profile.path}/avatar`, { card, json });
  report(stage, expectStatus(set, 200));
  await showCallsLogged(stage, guest, 'profile', { image: 2 });

  const read = expectStatus(await client.request('GET', profile.publicPath, { card }), 200);
  const { avatar } = read.json() as { avatar?: string };
  expect(avatar !== undefined, 'a picture on the profile', read.body.toString());
  const shown = expectStatus(await client.request('GET', avatar, { card }), 200);
  const type = shown.header('content-type') ?? '';
  expect(type === 'image/webp', 'a WebP', type);
  report(
    stage,
    shown,
    `${shown.body.length} bytes, for every guest to see; the picture itself stays private`,
  );
}
