import { expectStatus } from './expect.ts';
import { signIn, type Guest } from './guests.ts';
import { report, type OwnStage } from './step.ts';

const REQUESTS_PER_PATH = 20;

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
  stage.screen.detail(`auth is back ${Date.now() - startedAt} ms after it was started`);
  const signedIn = expectStatus(await signIn(stage, guest.name, guest.password), 201);
  report(stage, signedIn, 'signing in works again');
}
