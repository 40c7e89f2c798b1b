import { expect, expectStatus } from './expect.ts';
import type { Guest } from './guests.ts';
import { report, type Stage } from './step.ts';

export interface Profile {
  /** For its owner. */
  readonly path: string;
  /** What others see of it. */
  readonly publicPath: string;
}

const PATH = '/profile/me';

/** A guest says who she is; a profile is made once and not by mistake over another. */
export async function writeProfile(stage: Stage, guest: Guest): Promise<Profile> {
  const { client, run } = stage;
  const card = guest.card.token;
  const handle = `ada_${run}`;
  const json = { handle, displayName: 'Ada', bio: 'Stays for the view.', locale: 'en' };
  const written = await client.request('PUT', PATH, { card, json, headers: { 'if-none-match': '*' } });
  report(stage, expectStatus(written, 201), `@${handle}`);

  const read = expectStatus(await client.request('GET', PATH, { card }), 200);
  const seen = (read.json() as { handle?: string }).handle;
  expect(seen === handle, `the handle ${handle}`, String(seen));
  report(stage, read);
  return { path: PATH, publicPath: `/profile/profiles/${handle}` };
}

/** Another guest sees what a profile shows, and not what it keeps. */
export async function readPublicProfile(stage: Stage, reader: Guest, { publicPath }: Profile): Promise<void> {
  const answer = await stage.client.request('GET', publicPath, { card: reader.card.token });
  const members = Object.keys(expectStatus(answer, 200).json() as object);
  expect(!members.includes('locale'), 'the public part alone', members.join(', '));
  report(stage, answer, 'her public part, for every guest');
}
