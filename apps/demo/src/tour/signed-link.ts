import { expect, expectStatus } from './expect.ts';
import type { Guest } from './guests.ts';
import type { Picture } from './pictures.ts';
import { report, type Stage } from './step.ts';

const LINK_SECONDS = 60;

/** A link in place of a card: it shows one picture to whoever holds it, as an `<img>` does, and nothing else. */
export async function showByLink(stage: Stage, guest: Guest, picture: Picture): Promise<void> {
  const { client } = stage;
  const answer = await client.request('POST', `/image/images/${picture.id}/links`, {
    card: guest.card.token,
    json: { picture: 'square/240,/0/default.webp', seconds: LINK_SECONDS },
  });
  const { url, expiresAt } = expectStatus(answer, 200).json() as { url: string; expiresAt: string };
  const { pathname, search } = new URL(url);
  report(stage, answer, `good until ${expiresAt.slice(11, 19)} UTC`);

  const shown = expectStatus(await client.request('GET', `${pathname}${search}`), 200);
  const type = shown.header('content-type') ?? '';
  expect(type === 'image/webp', 'a WebP', type);
  stage.screen.detail(
    `the link without a card → 200 ${stage.screen.faint(`by ${shown.servedBy}`)}  ${shown.body.length} bytes`,
  );

  const larger = pathname.replace(/\/240,[^/]*\//, '/480,480/');
  expect(larger !== pathname, 'a size in the link', pathname);
  const other = expectStatus(await client.request('GET', `${larger}${search}`), 403);
  stage.screen.detail(
    `the same link with a larger size → 403 ${stage.screen.faint(`by ${other.servedBy}`)}  it is for that one picture`,
  );
}
