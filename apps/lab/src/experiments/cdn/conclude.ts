import { round, summarize } from '@roomkey/experiment';
import { about } from '../../about.ts';
import type { Finding } from '../../finding.ts';
import { bars } from '../../plots.ts';
import type { Asked } from './ask.ts';
import { KEPT_SECONDS } from './caching-nginx.ts';
import { KEYS, LIST, PICTURE, PRIVATE_PICTURE, SESSION_READ } from './documents.ts';

const MOST_HEARD = 0.1;
const AT_ONCE_MS = 250;
const PLAIN = 'as the services say';

export interface Seen {
  readonly asked: readonly Asked[];
  /** Milliseconds until a revocation is seen through the cache. */
  readonly stale: Readonly<Record<'plain' | 'keeping', readonly number[]>>;
}

export function conclude({ asked, stale }: Seen): Finding {
  const heardShare = (name: string, isPlain = true): number => {
    const one = asked.find((each) => each.name === name && (each.setup === PLAIN) === isPlain);
    return one === undefined ? NaN : one.heard / one.requests;
  };
  const percent = (share: number): number => round(share * 100);
  const sumOf = (name: string, pick: (one: Asked) => number): number =>
    asked.filter((one) => one.name === name).reduce((sum, one) => sum + pick(one), 0);
  const requestsOf = (name: string): number => sumOf(name, ({ requests }) => requests);
  const hitsOf = (name: string): number => sumOf(name, ({ hits }) => hits);
  const [plain, keeping] = [summarize(stale.plain), summarize(stale.keeping)];
  const label = ({ name, setup }: Asked): string => (name === LIST ? `${name}, ${setup}` : name);
  // Only lists differ between the set-ups.
  const shown = asked.filter(({ name, setup }) => name === LIST || setup === PLAIN);
  return {
    figures: { asked, staleMs: { plain, keeping } },
    tables: [
      {
        title: 'Many clients ask again and again through nginx as a cache',
        columns: [
          'document',
          'cache',
          'requests',
          'answered by the cache',
          'heard by the service',
          'heard, %',
        ],
        rows: asked.map((one) => [
          one.name,
          one.setup,
          one.requests,
          one.hits,
          one.heard,
          percent(one.heard / one.requests),
        ]),
      },
      {
        title: 'From a revocation until the cache gives it out, in ms',
        columns: ['cache', 'revocations', 'p50', 'longest'],
        rows: [
          [PLAIN, plain.count, plain.p50, plain.max],
          [`lists kept for ${KEPT_SECONDS} s`, keeping.count, keeping.p50, keeping.max],
        ],
      },
    ],
    plots: [
      bars('Requests that still reach the service', 'In per cent of those that clients sent to the cache.', {
        value: { title: '% of requests' },
        rows: shown.map((one) => ({
          label: label(one),
          side: one.name === SESSION_READ ? 'session' : 'ours',
          value: (one.heard / one.requests) * 100,
        })),
      }),
    ],
    rules: {
      core: [
        {
          says: `of requests for keys, at most ${percent(MOST_HEARD)} % reach the desk`,
          met: heardShare(KEYS) <= MOST_HEARD,
        },
        {
          says: `of requests for public pictures, at most ${percent(MOST_HEARD)} % reach the service`,
          met: heardShare(PICTURE) <= MOST_HEARD,
        },
        {
          says: 'the cache never answers for a private picture: each request reaches the service',
          met: asked.every(
            (one) => one.name !== PRIVATE_PICTURE || (one.hits === 0 && one.heard === one.requests),
          ),
        },
      ],
      unconditional: [
        {
          says: `of requests for revocation lists, at most ${percent(MOST_HEARD)} % reach the desk, as the services say it`,
          met: heardShare(LIST) <= MOST_HEARD,
        },
        {
          says: `where the cache keeps lists, a revocation is still seen through it within ${AT_ONCE_MS} ms`,
          met: heardShare(LIST, false) <= MOST_HEARD && keeping.max <= AT_ONCE_MS,
        },
      ],
    },
    because: `Through a cache that obeys the services, ${percent(heardShare(KEYS))} % of the requests for keys and ${percent(heardShare(PICTURE))} % of those for a public picture reached them, but ${percent(heardShare(LIST))} % of those for a revocation list, which they ask to be revalidated; kept for ${KEPT_SECONDS} s all the same it was ${percent(heardShare(LIST, false))} %, and a revocation was seen ${about(keeping.p50)} ms later in the median (${about(keeping.max)} ms at most) instead of ${about(plain.p50)} ms. Of ${requestsOf(PRIVATE_PICTURE)} requests for a private picture the cache answered ${hitsOf(PRIVATE_PICTURE)}, of ${requestsOf(SESSION_READ)} reads with a session ${hitsOf(SESSION_READ)}.`,
  };
}
