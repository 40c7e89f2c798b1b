import { ratio, round, spread, summarize, type Summary } from '@roomkey/experiment';
import { about } from '../../about.ts';
import type { Finding } from '../../finding.ts';
import { bars } from '../../plots.ts';
import { CHECKED, type Cost, UNCHECKED } from './cost.ts';

const PROMISE_MS = 1_000;
const GOAL_P99_MS = 250;
const POLLING_MS = 2_500;
const MOST_COST = 1.05;
/** What nobody can tell from at once. */
const AT_ONCE_MS = 5;
const OURS = 'token';
const OURS_POLLING = 'token, without hints';

export interface Seen {
  /** Milliseconds from the answer to the revocation until the last replica refuses, each. */
  readonly delays: ReadonlyMap<string, readonly number[]>;
  readonly cost: Cost;
  readonly missing: readonly string[];
}

export function conclude({ delays, cost, missing }: Seen): Finding {
  const latency = new Map<string, Summary>([...delays].map(([name, all]) => [name, summarize(all)]));
  const of = (name: string): Summary => latency.get(name) ?? summarize([]);
  const costs = (name: string): readonly number[] => cost[name] ?? [];
  const ours = of(OURS);
  const polling = of(OURS_POLLING);
  const added = ratio(costs(CHECKED), costs(UNCHECKED));
  const lookUps = Object.keys(cost).filter((name) => name !== CHECKED && name !== UNCHECKED);
  const asking = lookUps.filter((name) => !name.includes('believed'));
  const cheapest = asking.toSorted((a, b) => spread(costs(a)).median - spread(costs(b)).median)[0] ?? '';
  const toCheapest = ratio(costs(cheapest), costs(CHECKED));
  const delaysOfAsking = asking.map((name) => of(name).p50);
  return {
    figures: {
      delayMs: Object.fromEntries(latency),
      cpuMicroseconds: Object.fromEntries(Object.entries(cost).map(([name, all]) => [name, spread(all)])),
      checkedToUnchecked: added,
      cheapestLookUp: cheapest,
      cheapestLookUpToChecked: toCheapest,
      missing,
    },
    tables: [
      {
        title: 'From the answer to the revocation until the last of six replicas refuses, in ms',
        columns: ['side', 'revocations', 'p50', 'p99', 'longest'],
        rows: [...latency].map(([name, { count, p50, p99, max }]) => [name, count, p50, p99, max]),
      },
      {
        title: 'Processor time of the service for one request, in µs',
        columns: ['side', 'median', 'quartiles'],
        rows: Object.entries(cost).map(([name, all]) => {
          const { median, quartiles } = spread(all);
          return [name, median, quartiles.join(' – ')];
        }),
      },
      ...missing.map((reason) => ({ title: 'Not tried', columns: ['why'], rows: [[reason]] })),
    ],
    plots: [
      bars(
        'How long what is revoked still works at the last of six replicas',
        'Milliseconds after the answer to the revocation: median, and the longest. Logarithmic; less than 0.1 ms is shown as that.',
        {
          value: { title: 'ms (log)', scale: 'log' },
          rows: [...latency].map(([name, { p50, max }]) => ({
            label: name,
            side: name.startsWith(OURS) ? 'ours' : 'rival',
            value: Math.max(p50, 0.1),
            low: Math.max(p50, 0.1),
            high: Math.max(max, 0.1),
          })),
        },
      ),
      bars('What a request costs the service', 'Microseconds of processor time: medians with quartiles.', {
        value: { title: 'µs of processor time per request' },
        rows: Object.entries(cost).map(([name, all]) => {
          const { median, quartiles } = spread(all);
          return {
            label: name,
            side: name.startsWith(OURS) ? 'ours' : 'rival',
            value: median,
            low: quartiles[0],
            high: quartiles[1],
          };
        }),
      }),
    ],
    rules: {
      core: [
        {
          says: `every revoked token is refused by every replica within ${PROMISE_MS} ms`,
          met: ours.max <= PROMISE_MS,
        },
        {
          says: `looking the revocation up costs at most ${round((MOST_COST - 1) * 100)} % of processor time per request`,
          met: added.median <= MOST_COST,
        },
        {
          says: 'a request costs less than with the cheapest design that asks for each',
          met: toCheapest.quartiles[0] > 1,
        },
      ],
      unconditional: [
        { says: `the 99th percentile is at most ${GOAL_P99_MS} ms`, met: ours.p99 <= GOAL_P99_MS },
        {
          says: `without the stream of hints it still takes no longer than ${POLLING_MS} ms`,
          met: polling.max <= POLLING_MS,
        },
        {
          says: `half of the tokens are refused everywhere within ${AT_ONCE_MS} ms, as deleted sessions are`,
          met: ours.p50 <= AT_ONCE_MS,
        },
      ],
    },
    because: `After the desk's answer a revoked token worked at the last of six replicas for ${about(ours.p50)} ms in the median and ${about(ours.max)} ms at most (${ours.count} revocations), without hints ${about(polling.max)} ms; with the designs that ask somebody for each request, ${about(Math.min(...delaysOfAsking))} to ${about(Math.max(...delaysOfAsking))} ms in the median. Looking the revocation up takes ${added.median} times the processor time of not looking (quartiles ${added.quartiles.join(' to ')}); the cheapest design that asks somebody for each request (${cheapest}) takes ${toCheapest.median} times as much as a token that is looked up.`,
  };
}
