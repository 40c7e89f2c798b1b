import { readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, expectStatus } from './expect.ts';
import { checkIn } from './guests.ts';
import { report, type Stage } from './step.ts';

interface Report {
  readonly state: string;
  readonly services: readonly {
    readonly resource: string;
    readonly state: string;
    readonly counts?: Readonly<Record<string, number>>;
  }[];
}

const ERASED_WITHIN_MS = 30_000;
const REFUSED_WITHIN_MS = 5_000;
const POLL_MS = 50;

/** Another guest leaves for good: the account ends at once, and every service erases what it has and says what that was. */
export async function eraseGuest(stage: Stage): Promise<void> {
  const { client, screen, run } = stage;
  const guest = await checkIn(stage, 'alan');
  const card = guest.card.token;
  const bytes = await readFile(new URL('../../assets/roomkey.jpg', import.meta.url));
  expectStatus(await client.request('POST', '/image/images', { card, bytes }), 201);
  const wishes = '/data/collections/wishes/documents';
  expectStatus(await client.request('POST', wishes, { card, json: { pillow: 'two' } }), 201);
  const json = { handle: `alan_${run}`, displayName: 'Alan' };
  const headers = { 'if-none-match': '*' };
  expectStatus(await client.request('PUT', '/profile/me', { card, json, headers }), 201);
  screen.detail(`${guest.name} has a picture, a document and a profile`);

  const asked = await client.request('DELETE', '/auth/accounts/current', {
    card,
    json: { password: guest.password },
  });
  const { report: address, receipt } = expectStatus(asked, 202).json() as { report: string; receipt: string };
  report(stage, asked, 'the account is gone; a receipt is left');
  const startedAt = Date.now();
  for (;;) {
    const answer = expectStatus(
      await client.request('GET', new URL(address).pathname, { card: receipt }),
      200,
    );
    const { state, services } = answer.json() as Report;
    if (state === 'erased') {
      report(stage, answer, `read with the receipt; all done after ${Date.now() - startedAt} ms`);
      for (const { resource, counts = {} } of services) {
        const what = Object.entries(counts).map(([kind, count]) => `${count} ${kind}`);
        screen.detail(`  erased in ${resource.split('/').at(-1)}: ${what.join(', ')}`);
      }
      break;
    }
    const waitedMs = Date.now() - startedAt;
    expect(waitedMs < ERASED_WITHIN_MS, 'everything erased', answer.body.toString());
    await wait(POLL_MS);
  }
  for (const path of ['/image/images', wishes, '/profile/me']) await untilRefused(stage, card, path);
}

/** The services may have erased everything before each of their replicas has heard that the card is worth nothing. */
async function untilRefused(stage: Stage, card: string, path: string): Promise<void> {
  const startedAt = Date.now();
  for (;;) {
    const answer = await stage.client.request('GET', path, { card });
    const isPatient = Date.now() - startedAt < REFUSED_WITHIN_MS;
    if (answer.status !== 401 && isPatient) await wait(POLL_MS);
    else return report(stage, expectStatus(answer, 401), 'and the card opens nothing');
  }
}
