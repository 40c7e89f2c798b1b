import { expect, expectStatus } from './expect.ts';
import { checkIn, signIn, type Guest } from './guests.ts';
import { readPublicProfile, type Profile } from './profile.ts';
import { report, type Stage } from './step.ts';

/**
 * Another guest's card opens what is public and nothing else of this guest's, a narrow card less, no card nothing.
 *
 * @param paths what only their owner may read
 * @returns the other guest
 */
export async function refuseStrangers(
  stage: Stage,
  paths: readonly string[],
  profile: Profile,
): Promise<Guest> {
  const { client } = stage;
  const stranger = await checkIn(stage, 'grace');
  for (const path of paths) {
    const answer = expectStatus(await client.request('GET', path, { card: stranger.card.token }), 403, 404);
    report(stage, answer, 'not hers');
  }
  await readPublicProfile(stage, stranger, profile);
  await refuseNarrowCard(stage, stranger);

  for (const path of paths) {
    const answer = expectStatus(await client.request('GET', path), 401);
    const challenge = answer.header('www-authenticate') ?? '';
    expect(challenge.startsWith('Bearer'), 'a WWW-Authenticate: Bearer', challenge || 'none');
    report(stage, answer, 'no card');
  }
  return stranger;
}

async function refuseNarrowCard(stage: Stage, guest: Guest): Promise<void> {
  const signedIn = expectStatus(await signIn(stage, guest.name, guest.password, 'image:read'), 201);
  const { access_token: card } = signedIn.json() as { access_token: string };
  const bytes = Buffer.from('never looked at');
  const answer = expectStatus(await stage.client.request('POST', '/image/images', { card, bytes }), 403);
  const challenge = answer.header('www-authenticate') ?? '';
  expect(challenge.includes('insufficient_scope'), 'error="insufficient_scope"', challenge || 'none');
  report(stage, answer, 'a card for image:read alone');
}
