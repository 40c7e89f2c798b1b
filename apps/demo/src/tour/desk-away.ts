import { setTimeout as wait } from 'node:timers/promises';
import { expect, expectStatus } from './expect.ts';
import { signIn, type Guest } from './guests.ts';
import { report, type OwnStage } from './step.ts';

const KEYS = '/.well-known/jwks.json';
const REQUESTS_PER_PATH = 20;
const BACK_WITHIN_MS = 30_000;
const POLL_MS = 50;

/** With nobody at the desk no card is given out, and every card that was given goes on opening doors. */
export async function deskAway(stage: OwnStage, guest: Guest, paths: readonly string[]): Promise<void> {
  const { system, client, screen } = stage;
  await system.stop('auth');
  screen.detail('every replica of auth is stopped');

  const refused = expectStatus(await signIn(stage, guest.name, guest.password), 503);
  report(stage, refused, 'nobody signs in now');

  for (const path of paths) {
    for (let count = 1; count < REQUESTS_PER_PATH; count += 1)
      expectStatus(await client.request('GET', path, { card: guest.card.token }), 200);
    const last = expectStatus(await client.request('GET', path, { card: guest.card.token }), 200);
    report(stage, last, `${REQUESTS_PER_PATH} of ${REQUESTS_PER_PATH} answered`);
  }
}

export async function deskBack(stage: OwnStage, guest: Guest): Promise<void> {
  const startedAt = Date.now();
  await stage.system.start('auth');
  // The balancer looks again several times a second.
  while ((await stage.client.request('GET', KEYS)).status !== 200) {
    const waitedMs = Date.now() - startedAt;
    expect(waitedMs < BACK_WITHIN_MS, `${KEYS} within ${BACK_WITHIN_MS} ms`, `none after ${waitedMs} ms`);
    await wait(POLL_MS);
  }
  stage.screen.detail(`auth is back ${Date.now() - startedAt} ms after it was started`);
  const signedIn = expectStatus(await signIn(stage, guest.name, guest.password), 201);
  report(stage, signedIn, 'signing in works again');
}
