import type { LabExperiment } from '../../finding.ts';
import { conclude } from './conclude.ts';
import { measureCost, measureDesk } from './cost.ts';
import { startFleets } from './fleets.ts';
import { spreadReads } from './spread-reads.ts';
import { withSystem } from '@roomkey/experiment';

const ROUNDS = 21;
const QUICK_ROUNDS = 7;

/** One, two, four and eight replicas behind a balancer that remembers nothing. */
export const anyReplica: LabExperiment = {
  name: 'any-replica',
  claim:
    'Any instance can serve any request: services scale out without sticky sessions and without a shared store.',
  run: ({ progress, isQuick }) =>
    // Longer than the run: nobody signs in anew.
    withSystem({ replicas: 1, auth: { ACCESS_TOKEN_SECONDS: '900' } }, progress, async (surroundings) => {
      progress('starting eight replicas of each design');
      await using fleets = await startFleets(surroundings);
      const spreads = await spreadReads(fleets, progress);
      const cost = await measureCost(fleets, isQuick ? QUICK_ROUNDS : ROUNDS, progress);
      const desk = await measureDesk(surroundings, fleets, progress);
      return conclude({ spreads, cost, desk, missing: fleets.missing });
    }),
};
