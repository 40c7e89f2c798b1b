import type { Finding } from '../../finding.ts';
import { bars } from '../../plots.ts';
import type { Answer } from './pages.ts';
import { LISTED, type Place, PLACES } from './setups.ts';

const OK = '200';
const MOST_PREFLIGHTS = 0.1;

export interface Seen {
  readonly tokens: readonly {
    readonly setup: string;
    readonly place: Place;
    readonly answers: readonly Answer[];
    readonly strictAnswers: readonly Answer[];
  }[];
  /** Asked by the browser for that many reads of one URL, and as many of different ones. */
  readonly preflights: readonly {
    readonly setup: string;
    readonly place: Place;
    readonly sameUrl: number;
    readonly otherUrls: number;
  }[];
  readonly cookies: readonly {
    readonly setup: string;
    readonly place: Place;
    readonly answer: Answer;
    /** In a private window. */
    readonly strictAnswer: Answer;
  }[];
  readonly reads: number;
  readonly browser: string;
}

export function conclude({ tokens, preflights, cookies, reads, browser }: Seen): Finding {
  const tokenOf = (setup: 'any' | 'two', place: Place) =>
    tokens.filter((one) => one.setup.startsWith(setup) && one.place === place);
  const isRead = (setup: 'any' | 'two', place: Place): boolean =>
    tokenOf(setup, place).every(({ answers }) => answers.every((answer) => answer === OK));
  const isBlocked = (setup: 'any' | 'two', place: Place): boolean =>
    tokenOf(setup, place).every(({ answers }) => answers.every((answer) => answer !== OK));
  const readingOf = (setup: 'any' | 'two'): number => PLACES.filter((place) => isRead(setup, place)).length;
  const star = cookies.filter(({ setup }) => setup.startsWith('any'));
  const setups = [...new Set(cookies.map(({ setup }) => setup))];
  const working = setups.filter((setup) =>
    cookies.some((one) => one.setup === setup && one.place === 'listed' && one.answer === OK),
  );
  const strictly = cookies.filter(({ strictAnswer }) => strictAnswer === OK).length;
  const least = (pick: (one: Seen['preflights'][number]) => number): number =>
    Math.max(...preflights.map(pick));
  const sameUrl = least((one) => one.sameUrl);
  const otherUrls = least((one) => one.otherUrls);
  return {
    figures: {
      tokens: tokens.map(({ answers, ...one }) => ({ ...one, first: answers[0] })),
      preflights,
      cookies,
      browser,
    },
    tables: [
      {
        title: `What a page gets to see, by where it comes from (Chromium ${browser}; after the stroke: in a private window)`,
        columns: ['service', ...PLACES],
        rows: [
          ...['any origin (*)', 'two listed origins'].map((setup) => [
            `token, ${setup}`,
            ...tokens
              .filter((one) => one.setup === setup)
              .map(({ answers, strictAnswers }) => `${answers[0]} / ${strictAnswers[0]}`),
          ]),
          ...setups.map((setup) => [
            `cookie, ${setup}`,
            ...cookies
              .filter((one) => one.setup === setup)
              .map(({ answer, strictAnswer }) => `${answer} / ${strictAnswer}`),
          ]),
        ],
      },
      {
        title: `Preflights that the browser sends for ${reads} reads with a token`,
        columns: ['service', 'page', 'of one URL', 'of different URLs'],
        rows: preflights.map((one) => [one.setup, one.place, one.sameUrl, one.otherUrls]),
      },
    ],
    plots: [
      bars(
        'Preflights for reads with a token',
        `Asked by the browser before ${reads} reads: it remembers the answer, but for each URL by itself.`,
        {
          value: { title: 'preflights' },
          rows: [
            { label: `${reads} reads of one URL`, side: 'token', value: sameUrl },
            { label: `${reads} reads of different URLs`, side: 'token', value: otherUrls },
          ],
        },
      ),
    ],
    rules: {
      core: [
        {
          says: 'with tokens and `*`, pages of every origin read every time',
          met: PLACES.every((place) => isRead('any', place)),
        },
        {
          says: 'with tokens and a list, pages of listed origins read every time, and no other page ever does',
          met: LISTED.every((place) => isRead('two', place)) && isBlocked('two', 'not listed'),
        },
        {
          says: 'with a cookie and `*`, no page of another origin reads',
          met: star.every(({ answer }) => answer !== OK),
        },
      ],
      unconditional: [
        {
          says: `the browser asks beforehand at most once in ${1 / MOST_PREFLIGHTS} reads of one URL`,
          met: sameUrl <= reads * MOST_PREFLIGHTS,
        },
        {
          says: `the browser asks beforehand at most once in ${1 / MOST_PREFLIGHTS} reads of different URLs`,
          met: otherUrls <= reads * MOST_PREFLIGHTS,
        },
      ],
    },
    because: `With tokens, pages of ${readingOf('any')} of ${PLACES.length} origins read where the service says \`*\`, and of ${readingOf('two')} where it lists ${LISTED.length}. With a cookie \`*\` lets ${star.filter(({ answer }) => answer === OK).length} of ${star.length} read; ${working.length === 0 ? 'nothing that was tried works' : `it takes ${working.join(' or ')}`}, and in a private window ${strictly} of ${cookies.length} cookie reads work. For ${reads} reads of one URL the browser asks ${sameUrl} time${sameUrl === 1 ? '' : 's'} beforehand, for ${reads} different URLs ${otherUrls} times.`,
  };
}
