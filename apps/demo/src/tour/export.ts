import { buffer } from 'node:stream/consumers';
import { fromBufferPromise } from 'yauzl';
import { showCallsLogged } from './calls-logged.ts';
import { expect, expectStatus } from './expect.ts';
import type { Guest } from './guests.ts';
import { report, shorten, type Stage } from './step.ts';

/** Every service has something of hers. */
const FOLDERS = ['auth', 'profile', 'data', 'image'] as const;

/** All that she has, in all services, as one archive: data asks each of the others in her name. */
export async function exportEverything(stage: Stage, guest: Guest): Promise<void> {
  const answer = await stage.client.request('GET', '/data/export', { card: guest.card.token });
  report(stage, expectStatus(answer, 200), `${Math.round(answer.body.length / 1024)} KB`);

  // Reading it through holds each file against its checksum.
  const archive = await fromBufferPromise(answer.body);
  const files = new Map<string, number>();
  for await (const entry of archive.eachEntry())
    files.set(entry.fileName, (await buffer(await archive.openReadStreamPromise(entry))).length);
  for (const folder of FOLDERS) {
    const names = [...files.keys()].filter((name) => name.startsWith(`${folder}/`));
    expect(names.length > 0, `files of ${folder} in the archive`, [...files.keys()].join(', '));
    stage.screen.detail(`in the archive: ${names.map(shorten).join('  ')}`);
  }
  expect(files.has('manifest.json'), 'a manifest', [...files.keys()].join(', '));
  await showCallsLogged(stage, guest, 'data', { auth: 2, profile: 2, image: 2 });
}
