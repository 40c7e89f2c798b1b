import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import type { Answer } from '../client.ts';
import { positionIn } from './exif.ts';
import { expect, expectStatus } from './expect.ts';
import type { Guest } from './guests.ts';
import { report, type Stage } from './step.ts';

export interface Picture {
  readonly id: string;
  readonly uploadedTo: string | undefined;
  readonly thumbnailPath: string;
}

const THUMBNAIL_SIDE = 320;
/** The balancer takes turns: the other replica's comes soon. */
const TRIES = 40;

/** A real photograph's worth of JPEG, with the camera's notes still in it: where it was taken, for one. */
export async function uploadPicture(stage: Stage, guest: Guest): Promise<Picture> {
  const bytes = await readFile(new URL('../../assets/roomkey.jpg', import.meta.url));
  const { exif, width, height } = await sharp(bytes).metadata();
  const position = exif && positionIn(exif);
  expect(position !== undefined, 'a picture that tells where it was taken', 'none');
  const place = `${position.latitude.toFixed(4)}, ${position.longitude.toFixed(4)}`;
  stage.screen.detail(
    `the file: ${width}×${height}, ${Math.round(bytes.length / 1024)} KB, GPS position ${place}`,
  );

  const answer = await stage.client.request('POST', '/image/images', { card: guest.card.token, bytes });
  const { id, width: kept } = expectStatus(answer, 201).json() as { id: string; width: number };
  expect(kept === width, `a picture ${width} pixels wide`, String(kept));
  report(stage, answer);
  const thumbnailPath = await findThumbnail(stage, guest, id);
  return { id, uploadedTo: answer.servedBy, thumbnailPath };
}

/** One picture has one address (IIIF Image API 3.0 §4.7): asked for by another, the service names it. */
async function findThumbnail(stage: Stage, guest: Guest, id: string): Promise<string> {
  const asked = `/image/iiif/${id}/full/!${THUMBNAIL_SIDE},${THUMBNAIL_SIDE}/0/default.jpg`;
  const answer = await stage.client.request('GET', asked, { card: guest.card.token });
  const canonical = expectStatus(answer, 200, 303).header('location') ?? asked;
  report(stage, answer, answer.status === 303 ? 'the thumbnail has an address of its own' : '');
  return canonical;
}

/** Any replica has what one of them was given, and none of them gives away where the picture was taken. */
export async function fetchThumbnailElsewhere(stage: Stage, guest: Guest, picture: Picture): Promise<void> {
  let answer: Answer;
  let tries = 0;
  do {
    answer = expectStatus(
      await stage.client.request('GET', picture.thumbnailPath, { card: guest.card.token }),
      200,
    );
    tries += 1;
  } while (answer.servedBy === picture.uploadedTo && tries < TRIES);
  expect(
    answer.servedBy !== picture.uploadedTo,
    `another replica than ${picture.uploadedTo} within ${TRIES} requests`,
    `${answer.servedBy} each time`,
  );
  await expectBare(answer.body);
  report(stage, answer, 'no Exif, no GPS, no XMP, no IPTC in it');
}

async function expectBare(bytes: Buffer): Promise<void> {
  const { format, width, height, exif, xmp, iptc, comments } = await sharp(bytes).metadata();
  expect(format === 'jpeg', 'a JPEG', format);
  expect(
    Math.max(width, height) === THUMBNAIL_SIDE,
    `a longer side of ${THUMBNAIL_SIDE}`,
    `${width}×${height}`,
  );
  const kept = Object.entries({ exif, xmp, iptc, comments }).filter(([, value]) => value !== undefined);
  expect(kept.length === 0, 'a picture without metadata', kept.map(([name]) => name).join(', '));
  expect(!bytes.includes('Exif\0\0'), 'no Exif segment anywhere in the file', 'one');
}
