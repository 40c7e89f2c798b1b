import { ratio, round, spread, type Spread } from '@roomkey/experiment';
import type { Finding, Table } from '../../finding.ts';
import { bars, lines } from '../../plots.ts';
import { type Cost, costName, type DeskTraffic, FIRST_SEEN } from './cost.ts';
import { REPLICA_COUNTS } from './fleets.ts';
import type { SpreadReads } from './spread-reads.ts';

const MOST = 8;
const MOST_RATIO = 1.05;
const MOST_SHARE = 1.25;
const USES = 100;
/** Requests at the desk for one verified one: a look that happened to fall into one of the periods is none. */
const NONE = 0.000_1;
const OURS = 'token';
const SHARED = 'session in Redis';

export interface Seen {
  readonly spreads: readonly SpreadReads[];
  readonly cost: Cost;
  readonly desk: DeskTraffic;
  readonly missing: readonly string[];
}

export function conclude({ spreads, cost, desk, missing }: Seen): Finding {
  const costs = (name: string): readonly number[] => cost[name] ?? [];
  const growth = (fleet: string): Spread => ratio(costs(costName(fleet, MOST)), costs(costName(fleet, 1)));
  const ours = growth(OURS);
  const shared = missing.length === 0 ? growth(SHARED) : undefined;
  const [sides, refusedOf] = [[...new Set(spreads.map(({ side }) => side))], sumOfRefused(spreads)];
  const ourSpreads = spreads.filter(({ side }) => side === OURS);
  const busiest = Math.max(...ourSpreads.map(({ busiestShare }) => busiestShare));

  const warm = spread(costs(costName(OURS, 1))).median;
  const extra = Math.max(0, spread(costs(FIRST_SEEN)).median - warm);
  const withUses = (uses: number, replicas: number): number =>
    warm + (extra * Math.min(uses, replicas)) / uses;
  const growthWithUses = withUses(USES, MOST) / withUses(USES, 1);
  const usesNeeded = Math.ceil((extra * (MOST - MOST_RATIO)) / ((MOST_RATIO - 1) * warm));
  const perVerified = Math.max(0, desk.underLoad - desk.atRest) / desk.verified;

  return {
    figures: {
      spreads,
      cpuMicroseconds: Object.fromEntries(Object.entries(cost).map(([name, all]) => [name, spread(all)])),
      growth: { [OURS]: ours, ...(shared !== undefined && { [SHARED]: shared }) },
      growthWithUses: { uses: USES, ratio: round(growthWithUses), usesNeeded },
      desk: { ...desk, perVerified },
      missing,
    },
    tables: [spreadTable(sides, spreads), costTable(cost), ...missing.map(missingTable)],
    plots: [
      bars('Reads of somebody who is signed in that were refused', 'In per cent, with eight replicas.', {
        value: { title: '% refused' },
        rows: spreads
          .filter(({ replicas }) => replicas === MOST)
          .map(({ side, refused, reads }) => ({
            label: side,
            side: side === OURS ? 'ours' : 'session',
            value: (refused / reads) * 100,
          })),
      }),
      lines(
        'What a request costs with more replicas',
        'Processor time of the service for one request, each replica kept equally busy: medians with quartiles. Level is what scaling out should be.',
        {
          x: { title: 'replicas' },
          y: { title: 'µs of processor time per request' },
          points: [OURS, ...(shared === undefined ? [] : [SHARED])].flatMap((fleet) =>
            REPLICA_COUNTS.map((count) => {
              const { median, quartiles } = spread(costs(costName(fleet, count)));
              return { series: fleet, x: count, y: median, low: quartiles[0], high: quartiles[1] };
            }),
          ),
        },
      ),
    ],
    rules: {
      core: [
        {
          says: 'with tokens, no read is refused by any of one, two, four and eight replicas',
          met: refusedOf(OURS) === 0,
        },
        {
          says: `no replica gets more than ${MOST_SHARE} of an equal share`,
          met: busiest <= MOST_SHARE,
        },
        { says: 'the desk hears nothing of verified requests', met: perVerified < NONE },
      ],
      unconditional: [
        {
          says: `a request with a token that is known costs at eight replicas at most ${MOST_RATIO} of what it costs at one`,
          met: ours.median <= MOST_RATIO,
        },
        {
          says: `the same for tokens that are used ${USES} times each, which every replica verifies for itself`,
          met: growthWithUses <= MOST_RATIO,
        },
      ],
    },
    because: `With tokens ${refusedOf(OURS)} of ${readsOf(spreads, OURS)} reads were refused; sessions in memory lost ${refusedOf('session in memory')} of ${readsOf(spreads, 'session in memory')} without stickiness and ${refusedOf('session in memory, sticky')} with it${shared === undefined ? '' : `, in Redis ${refusedOf(SHARED)}`}. Processor time per request at eight replicas is ${ours.median} of that at one with known tokens (quartiles ${ours.quartiles.join(' to ')}${shared === undefined ? '' : `; sessions in Redis ${shared.median}`}); every replica verifies a token once for itself, so it takes ${usesNeeded} uses of a token to stay within ${MOST_RATIO}. For ${desk.verified.toLocaleString('en')} verified requests the desk answered ${desk.underLoad}, at rest ${desk.atRest} in the same time.`,
  };
}

function sumOfRefused(spreads: readonly SpreadReads[]): (side: string) => number {
  return (side) => spreads.filter((one) => one.side === side).reduce((sum, { refused }) => sum + refused, 0);
}

function readsOf(spreads: readonly SpreadReads[], side: string): number {
  return spreads.filter((one) => one.side === side).reduce((sum, { reads }) => sum + reads, 0);
}

function spreadTable(sides: readonly string[], spreads: readonly SpreadReads[]): Table {
  const counts = REPLICA_COUNTS.map((count) => `refused with ${count}`);
  return {
    title: 'Reads refused by number of replicas, and the busiest of eight in multiples of an equal share',
    columns: ['side', 'reads each', ...counts, 'busiest of 8'],
    rows: sides.map((side) => {
      const own = spreads.filter((one) => one.side === side);
      const most = own.find(({ replicas }) => replicas === MOST);
      return [side, most?.reads ?? 0, ...own.map(({ refused }) => refused), round(most?.busiestShare ?? NaN)];
    }),
  };
}

function costTable(cost: Cost): Table {
  return {
    title: 'Processor time of the service for one request, in µs',
    columns: ['side × replicas', 'median', 'quartiles'],
    rows: Object.entries(cost).map(([name, all]) => {
      const { median, quartiles } = spread(all);
      return [name, median, quartiles.join(' – ')];
    }),
  };
}

function missingTable(reason: string): Table {
  return { title: 'Not tried', columns: ['why'], rows: [[reason]] };
}
