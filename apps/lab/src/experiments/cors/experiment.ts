import { Guest, type Surroundings, withSystem } from '@roomkey/experiment';
import { startRival } from '@roomkey/rivals';
import { openRecordingProxy } from '@roomkey/test-kit';
import { openBrowser, openProfile } from '@roomkey/test-kit/browser';
import type { Bench, LabExperiment } from '../../finding.ts';
import { openFront } from '../../service-front.ts';
import { conclude, type Seen } from './conclude.ts';
import { COOKIE_SETUPS, LISTED, originOf, PLACES } from './setups.ts';
import { readAsGuest, readFrom, SIGN_IN_PAGE, type Window } from './pages.ts';

const READS = 20;
const QUICK_READS = 10;
const PAGES = { '/page': '<!doctype html><title>somebody else</title>', '/sign-in': SIGN_IN_PAGE };

/** Pages of several origins in a real browser call one service: what does it take, and what does the browser ask beforehand? */
export const cors: LabExperiment = {
  name: 'cors',
  claim: 'Any origin may call: with tokens, CORS is a header, while cookies are stopped at every border.',
  async run({ progress, isQuick }) {
    await using started = new AsyncDisposableStack();
    const everyday = await openProfile();
    started.defer(() => everyday.close());
    const other = await openBrowser();
    started.defer(() => other.close());
    const windows = { everyday, strict: await other.newContext() };
    progress(`a real browser: Chromium ${other.version()}`);
    const reads = isQuick ? QUICK_READS : READS;
    const tokens = await withSystem({ replicas: 1 }, progress, (surroundings) =>
      tryTokens(windows, surroundings, reads, progress),
    );
    const cookies = await tryCookies(windows, progress);
    return conclude({ ...tokens, cookies, reads, browser: other.version() });
  },
};

interface Windows {
  readonly everyday: Window;
  /** A private one: sends no cookies to other sites. */
  readonly strict: Window;
}

/** The real data service: once for every origin, once for two that are listed. */
async function tryTokens(
  { everyday, strict }: Windows,
  { system, gateway }: Surroundings,
  reads: number,
  progress: Bench['progress'],
): Promise<Pick<Seen, 'tokens' | 'preflights'>> {
  const { card } = await (await Guest.register(gateway)).signIn();
  await using pages = await openFront(0, { pages: PAGES });
  const listed = LISTED.map((place) => originOf(place, pages.port));
  await using forListed = await system.startAside('data', { CORS_ORIGINS: listed.join(',') });
  const [forAll] = system.services.get('data') ?? [];
  if (forAll === undefined) throw new Error('there is no data service');
  const tokens: Seen['tokens'][number][] = [];
  const preflights: Seen['preflights'][number][] = [];
  for (const [setup, { origin: target }] of [
    ['any origin (*)', forAll],
    ['two listed origins', forListed],
  ] as const) {
    for (const place of PLACES) {
      await using recorded = await openRecordingProxy(() => target);
      const origin = originOf(place, pages.port);
      const url = `${recorded.origin}/data/collections/lab/documents`;
      const options = { headers: { authorization: `Bearer ${card}` } };
      const same = await readFrom(
        everyday,
        origin,
        Array.from({ length: reads }, () => url),
        options,
      );
      const sameAsked = countPreflights(recorded.requests());
      const others = Array.from({ length: reads }, (_, at) => `${url}?limit=${at + 1}`);
      const different = await readFrom(everyday, origin, others, options);
      const asked = countPreflights(recorded.requests()) - sameAsked;
      const strictly = await readFrom(strict, origin, [url], options);
      tokens.push({ setup, place, answers: [...same, ...different], strictAnswers: strictly });
      if (same.every((answer) => answer === '200'))
        preflights.push({ setup, place, sameUrl: sameAsked, otherUrls: asked });
      progress(`token, ${setup}, ${place}: ${same[0]}, ${sameAsked} + ${asked} preflights`);
    }
  }
  return { tokens, preflights };
}

/** Every set-up with a session cookie, from the most usual to what it takes. */
async function tryCookies(
  { everyday, strict }: Windows,
  progress: Bench['progress'],
): Promise<Seen['cookies']> {
  const seen: Seen['cookies'][number][] = [];
  for (const { name, sameSite, corsHeaders } of COOKIE_SETUPS) {
    await using service = await startRival('session-memory', { SAME_SITE: sameSite, BEHIND_TLS: 'true' });
    // Its own port is part of the origins that it lists.
    let port = 0;
    await using front = await openFront(service.port, {
      pages: PAGES,
      corsHeaders: (origin) =>
        corsHeaders(
          origin,
          LISTED.map((place) => originOf(place, port)),
        ),
    });
    ({ port } = front);
    for (const place of PLACES) {
      const answer = await readAsGuest(everyday, port, originOf(place, port));
      const strictAnswer = await readAsGuest(strict, port, originOf(place, port));
      seen.push({ setup: name, place, answer, strictAnswer });
    }
    progress(
      `cookie, ${name}: ${seen
        .slice(-PLACES.length)
        .map(({ answer, strictAnswer }) => `${answer}/${strictAnswer}`)
        .join(', ')}`,
    );
  }
  return seen;
}

function countPreflights(requests: readonly { readonly method: string }[]): number {
  return requests.filter(({ method }) => method === 'OPTIONS').length;
}
