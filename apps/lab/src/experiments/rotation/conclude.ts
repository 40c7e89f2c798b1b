import { spread, type Spread, summarize } from '@roomkey/experiment';
import { about } from '../../about.ts';
import type { Finding } from '../../finding.ts';
import { bars } from '../../plots.ts';
import type { Surprise } from './surprise.ts';

const SOON_MS = 1_000;

/** What was seen with one kind of verifiers. */
export interface Rotations {
  readonly name: string;
  readonly planned: {
    readonly count: number;
    readonly requests: number;
    readonly refused: number;
    readonly refusals: readonly string[];
  };
  readonly surprises: readonly Surprise[];
}

export function conclude(all: readonly Rotations[]): Finding {
  const rows = all.map(({ name, planned, surprises }) => ({
    name,
    planned,
    refused: spread(surprises.map(({ refused }) => refused)),
    untilAcceptedMs: summarize(surprises.map(({ untilAcceptedMs }) => untilAcceptedMs)),
    surprises: surprises.length,
  }));
  const [told, looking] = rows;
  const plannedRefused = rows.reduce((sum, { planned }) => sum + planned.refused, 0);
  const plannedRequests = rows.reduce((sum, { planned }) => sum + planned.requests, 0);
  const plannedCount = rows.reduce((sum, { planned }) => sum + planned.count, 0);
  const longest = Math.max(...rows.map(({ untilAcceptedMs }) => untilAcceptedMs.max));
  return {
    figures: { sides: rows },
    tables: [
      {
        title: 'Valid tokens refused while keys change, six replicas',
        columns: [
          'verifiers',
          'published first: rotations',
          'requests',
          'refused',
          'not published: rotations',
          'refused each, median',
          'quartiles',
          'until all accept, ms: p50',
          'longest',
        ],
        rows: rows.map((row) => [
          row.name,
          row.planned.count,
          row.planned.requests,
          row.planned.refused,
          row.surprises,
          row.refused.median,
          row.refused.quartiles.join(' – '),
          row.untilAcceptedMs.p50,
          row.untilAcceptedMs.max,
        ]),
      },
    ],
    plots: [
      bars(
        'Valid tokens refused by one change of keys',
        'Of a guest who asks each of six replicas about every 2 ms: median and quartiles.',
        {
          value: { title: 'refused' },
          rows: rows.flatMap(({ name, planned, refused }) => [
            {
              label: `${name}; published first`,
              side: 'published first',
              value: planned.refused / planned.count,
            },
            { label: `${name}; all of a sudden`, side: 'all of a sudden', ...barOf(refused) },
          ]),
        },
      ),
    ],
    rules: {
      core: [
        {
          says: 'where the new key is published before it signs, not one valid token is refused',
          met: plannedRefused === 0 && plannedRequests > 0,
        },
      ],
      unconditional: [
        {
          says: 'that is so too where the new key signs at once, as it must when one has leaked',
          met: rows.every(({ refused }) => refused.quartiles[1] === 0),
        },
        {
          says: `a key that was not published first is accepted everywhere within ${SOON_MS} ms`,
          met: longest <= SOON_MS,
        },
      ],
    },
    because: `In ${plannedCount} rotations that were published first, ${plannedRefused} of ${plannedRequests.toLocaleString('en')} requests with valid tokens were refused. Where the key changed all of a sudden, a guest was refused ${told?.refused.median} times in the median until all six replicas knew it, for ${about(told?.untilAcceptedMs.max ?? NaN)} ms at most, with verifiers that are told, and ${about(looking?.refused.median ?? NaN)} times, for ${about(looking?.untilAcceptedMs.max ?? NaN)} ms at most, with verifiers that only look.`,
  };
}

function barOf({ median, quartiles: [low, high] }: Spread) {
  return { value: median, low, high };
}
