import { withSystem } from '@roomkey/experiment';
import { startRival } from '@roomkey/rivals';
import type { Finding, LabExperiment } from '../../finding.ts';
import { isInstalled } from '../../installed-program.ts';
import { bars } from '../../plots.ts';
import { speakOnSocket, speakWithCurl, type Speak } from './clients.ts';
import { travel, travelWithSession, type Journey } from './journey.ts';

const HOUR_SECONDS = 3_600;

/** The whole journey by clients that have no cookie jar. */
export const noCookieClient: LabExperiment = {
  name: 'no-cookie-client',
  claim: 'Tokens suit phones and command lines, which have no cookie jar; sessions do not.',
  async run({ progress }) {
    const clients: Record<string, Speak> = { 'bare socket': speakOnSocket };
    if (await isInstalled('curl', '--version')) clients['curl'] = speakWithCurl;
    const journeys = await withSystem({ replicas: 2 }, progress, async ({ system }) => {
      const made: Record<string, Journey> = {};
      for (const [name, speak] of Object.entries(clients)) {
        made[name] = await travel(system.origin, speak);
        progress(`${name}: ${made[name].steps.map(({ seen }) => seen).join(' ')}`);
      }
      return made;
    });
    await using rival = await startRival('session-memory');
    const session = await travelWithSession(`http://127.0.0.1:${rival.port}`, speakOnSocket);
    return conclude(journeys, session);
  },
};

function conclude(
  journeys: Readonly<Record<string, Journey>>,
  session: Awaited<ReturnType<typeof travelWithSession>>,
): Finding {
  const all = Object.entries(journeys);
  const steps = all.flatMap(([, journey]) => journey.steps);
  const asWanted = steps.filter(({ wanted, seen }) => wanted === seen).length;
  const cookies = all.reduce((sum, [, { cookiesSet }]) => sum + cookiesSet, 0);
  const refreshes = Math.ceil(HOUR_SECONDS / (all[0]?.[1].cardSeconds ?? NaN));
  return {
    figures: { journeys, session, refreshesPerHour: refreshes },
    tables: [
      {
        title: 'The journey with tokens: status wanted, and seen by each client',
        columns: ['step', 'wanted', ...all.map(([name]) => name)],
        rows: (all[0]?.[1].steps ?? []).map(({ name, wanted }, at) => [
          name,
          wanted,
          ...all.map(([, journey]) => journey.steps[at]?.seen ?? '–'),
        ]),
      },
      {
        title: 'The session control, read after signing in, on a bare socket',
        columns: ['client', 'status'],
        rows: [
          ['ignores cookies', session.ignoringCookies],
          ['copies the cookie by hand', session.copyingByHand],
        ],
      },
      {
        title: 'What a client does for it',
        columns: ['', 'tokens', 'session'],
        rows: [
          ['texts to keep', 2, 1],
          ['more requests in an hour of use', refreshes, 0],
        ],
      },
    ],
    plots: [
      bars(
        'Requests in an hour of use, besides those for the work itself',
        'A token has to be renewed before it ends; a session cookie has not.',
        {
          value: { title: 'requests' },
          rows: [
            { label: 'tokens', side: 'token', value: refreshes },
            { label: 'session cookie', side: 'session', value: 0 },
          ],
        },
      ),
    ],
    rules: {
      core: [
        {
          says: 'every step of the journey ends as it should, for every client',
          met: asWanted === steps.length,
        },
        { says: 'no answer sets a cookie', met: cookies === 0 },
      ],
      unconditional: [
        {
          says: 'a client without a jar cannot use a session: ignoring cookies, it is turned away',
          met: session.ignoringCookies === 401,
        },
        {
          says: 'and copying the cookie by hand does not help it',
          met: session.copyingByHand !== 200,
        },
      ],
    },
    because: `${asWanted} of ${steps.length} steps end as they should for ${all.map(([name]) => name).join(' and ')}, with ${cookies} cookies set. With a session a client that ignores cookies is answered with ${session.ignoringCookies}, one that copies one header by hand with ${session.copyingByHand}; and it needs no refreshing, where tokens take ${refreshes} refreshes an hour.`,
  };
}
