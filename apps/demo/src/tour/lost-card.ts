import { setTimeout as wait } from 'node:timers/promises';
import { expect, expectStatus } from './expect.ts';
import { signIn, type Guest } from './guests.ts';
import { report, type Stage } from './step.ts';

/** The promise is a second; a machine that starts processes beside it is given more. */
const REFUSED_WITHIN_MS = 5_000;
const POLL_MS = 5;

/**
 * A second card of hers is reported lost: the session it belongs to is ended, and every replica of every room refuses it,
 * though none asks the desk. Her own card stays good.
 *
 * @param paths one of each room, which her cards open
 */
export async function reportLostCard(stage: Stage, guest: Guest, paths: readonly string[]): Promise<void> {
  const { client, screen } = stage;
  const signedIn = expectStatus(await signIn(stage, guest.name, guest.password), 201);
  const { access_token: lost } = signedIn.json() as { access_token: string };
  report(stage, signedIn, 'a second card');
  for (const path of paths) expectStatus(await client.request('GET', path, { card: lost }), 200);

  const ended = await client.request('DELETE', '/auth/sessions/current', { card: lost });
  report(stage, expectStatus(ended, 204), 'the session of the second card is ended');
  const endedAt = Date.now();
  for (const path of paths) {
    const room = path.split('/')[1] ?? '';
    const replicas = (stage.system.services.get(room as 'image') ?? []).map(({ name }) => name);
    const shut = new Set<string>();
    while (shut.size < replicas.length) {
      const answer = expectStatus(await client.request('GET', path, { card: lost }), 200, 401);
      const { servedBy = '' } = answer;
      if (answer.status === 401 && !shut.has(servedBy)) {
        shut.add(servedBy);
        report(stage, answer, `${Date.now() - endedAt} ms after it was ended`);
      }
      const waitedMs = Date.now() - endedAt;
      expect(
        waitedMs < REFUSED_WITHIN_MS,
        `401 from ${replicas.join(' and ')}`,
        `${answer.status} from ${servedBy}`,
      );
      if (answer.status === 200) await wait(POLL_MS);
    }
    expectStatus(await client.request('GET', path, { card: guest.card.token }), 200);
  }
  screen.detail('her own card still opens every room');
}
