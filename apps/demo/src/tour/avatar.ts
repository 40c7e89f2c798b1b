import { readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, expectStatus } from './expect.ts';
import type { Guest } from './guests.ts';
import type { Picture } from './pictures.ts';
import type { Profile } from './profile.ts';
import { isOwn, report, type OwnStage, type Stage } from './step.ts';

/** A line of a room's request log, as far as it is looked at here. */
interface LogLine {
  readonly time: string;
  readonly replica: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly subject?: string;
  readonly actors?: readonly string[];
}

/** Logs are written in batches, twice a second. */
const LOGGED_WITHIN_MS = 10_000;
const POLL_MS = 50;

/**
 * Her profile shows her picture: profile asks image for it in her name, with a card that is for image alone. The log of image
 * says so, where it can be read.
 */
export async function showPicture(
  stage: Stage,
  guest: Guest,
  profile: Profile,
  picture: Picture,
): Promise<void> {
  const { client, screen } = stage;
  const card = guest.card.token;
  const json = { image: picture.id };
  const set = await client.request('PUT', `${profile.path}/avatar`, { card, json });
  report(stage, expectStatus(set, 200));

  for (const { replica, method, path, status, subject, actors = [] } of isOwn(stage)
    ? await callsLogged(stage, picture)
    : []) {
    expect(subject === guest.id, `${guest.id} as the subject`, String(subject));
    const what = `${method} ${path.replace(picture.id, `${picture.id.slice(0, 8)}…`)}`;
    const who = `${actors.join(' for ')} acts for ${guest.name}`;
    screen.detail(`the log of ${replica}: ${what} → ${status}  ${who}`);
  }

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

/** What image has logged of the calls that were made for somebody else: for the metadata, and for the picture. */
async function callsLogged({ system }: OwnStage, { id }: Picture): Promise<readonly LogLine[]> {
  const replicas = system.services.get('image') ?? [];
  const startedAt = Date.now();
  for (;;) {
    const logs = await Promise.all(replicas.map(({ logFile }) => readFile(logFile, 'utf8')));
    const calls = logs
      .flatMap((log) => log.split('\n'))
      .filter((line) => line.includes(id) && line.includes('"actors"') && line.endsWith('}'))
      .map((line) => JSON.parse(line) as LogLine)
      .filter(({ actors }) => actors?.includes('profile'));
    if (calls.length >= 2) return calls.sort((a, b) => a.time.localeCompare(b.time));
    const waitedMs = Date.now() - startedAt;
    expect(waitedMs < LOGGED_WITHIN_MS, 'two calls by profile in the log of image', String(calls.length));
    await wait(POLL_MS);
  }
}
