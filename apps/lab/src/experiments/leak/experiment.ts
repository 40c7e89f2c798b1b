import { withSystem } from '@roomkey/experiment';
import { startRival } from '@roomkey/rivals';
import { about } from '../../about.ts';
import type { Finding, LabExperiment } from '../../finding.ts';
import { bars } from '../../plots.ts';
import { CASES, REPEAT_SECONDS, SESSION_SECONDS, TOKEN_SECONDS, type CaseName, type World } from './cases.ts';

/** What a request on its way, and a look every few milliseconds, can add. */
const MARGIN_SECONDS = 1;

/** How long thieves can use what they have. */
export const leak: LabExperiment = {
  name: 'leak',
  claim:
    'A stolen token is worth little, for it soon dies by itself; a stolen session id is worth the whole session.',
  run: ({ progress }) =>
    withSystem(
      {
        replicas: 1,
        auth: {
          ACCESS_TOKEN_SECONDS: String(TOKEN_SECONDS),
          SESSION_SECONDS: String(SESSION_SECONDS),
          SESSION_IDLE_SECONDS: String(SESSION_SECONDS),
          REFRESH_REPEAT_SECONDS: String(REPEAT_SECONDS),
        },
      },
      progress,
      async ({ system, gateway }) => {
        await using sessions = await startRival('session-memory', {
          LIFETIME_SECONDS: String(SESSION_SECONDS),
        });
        await using unrevoked = await startRival('token', {
          ISSUER: system.origin,
          AUDIENCE: `${system.origin}/data`,
          JWKS_URL: `${system.origin}/.well-known/jwks.json`,
        });
        progress(`${Object.keys(CASES).length} thefts, watched until the last of them ends`);
        return conclude(await watchAll({ gateway, sessions, unrevoked }, progress));
      },
    ),
};

type Windows = Readonly<Record<CaseName, number>>;

async function watchAll(world: World, progress: (line: string) => void): Promise<Windows> {
  const names = Object.keys(CASES) as CaseName[];
  const windows = await Promise.all(
    names.map(async (name) => {
      const seconds = await CASES[name].window(world);
      progress(`${CASES[name].what}, owner ${CASES[name].owner}: ${seconds} s`);
      return [name, seconds] as const;
    }),
  );
  return Object.fromEntries(windows) as Windows;
}

function conclude(windows: Windows): Finding {
  const all = (Object.keys(CASES) as CaseName[]).map((name) => ({ ...CASES[name], seconds: windows[name] }));
  return {
    figures: {
      windowsSeconds: windows,
      tokenSeconds: TOKEN_SECONDS,
      sessionSeconds: SESSION_SECONDS,
      repeatSeconds: REPEAT_SECONDS,
    },
    tables: [
      {
        title: `How long a thief could go on (a token lives ${TOKEN_SECONDS} s here, a session ${SESSION_SECONDS} s)`,
        columns: ['stolen', 'the owner', 'seconds', 'with usual settings'],
        rows: all.map(({ what, owner, seconds, bound }) => [what, owner, seconds, bound]),
      },
    ],
    plots: [
      bars(
        'How long a thief could go on',
        `Seconds, with a token of ${TOKEN_SECONDS} s and a session of ${SESSION_SECONDS} s; from the theft, or from the owner's signing out.`,
        {
          value: { title: 'seconds' },
          rows: all.map(({ what, owner, side, seconds }) => ({
            label: `${what}; owner ${owner}`,
            side,
            value: seconds,
          })),
        },
      ),
    ],
    rules: {
      core: [
        {
          says: 'a stolen access token ends within its life',
          met: windows.card <= TOKEN_SECONDS + MARGIN_SECONDS,
        },
        {
          says: 'after signing out it is refused within a second',
          met: windows.cardSignedOut <= MARGIN_SECONDS,
        },
        {
          says: "a stolen refresh token is noticed within a token's life while its owner goes on",
          met: windows.refreshOwnerGoesOn <= TOKEN_SECONDS + MARGIN_SECONDS,
        },
        {
          says: 'a stolen session id works to the end of the session',
          met: windows.session >= SESSION_SECONDS - MARGIN_SECONDS,
        },
      ],
      unconditional: [
        {
          says: "a stolen refresh token is noticed within a token's life also while its owner is away",
          met: windows.refreshOwnerAway <= TOKEN_SECONDS + MARGIN_SECONDS,
        },
        {
          says: "a thief who repeats the owner's refreshes at once is noticed within a token's life",
          met: windows.usedRefreshInTime <= TOKEN_SECONDS + MARGIN_SECONDS,
        },
        {
          says: 'signing out ends a token within a second also where nobody looks at revocation lists',
          met: windows.cardWithoutLists <= MARGIN_SECONDS,
        },
      ],
    },
    because: `With tokens of ${TOKEN_SECONDS} s and sessions of ${SESSION_SECONDS} s, a stolen access token works for ${about(windows.card)} s (${about(windows.cardSignedOut)} s after signing out; ${about(windows.cardWithoutLists)} s without revocation lists), a refresh token for ${about(windows.refreshOwnerGoesOn)} s while its owner goes on and ${about(windows.refreshOwnerAway)} s while the owner is away (${about(windows.usedRefreshInTime)} s for a thief who repeats each of the owner's refreshes at once), a session id for ${about(windows.session)} s.`,
  };
}
