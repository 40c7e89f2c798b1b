import { withSystem } from '@roomkey/experiment';
import type { LabExperiment } from '../../finding.ts';
import { conclude } from './conclude.ts';
import { startSides } from './sides.ts';
import { watchOutage } from './watch-outage.ts';

/** Sooner over than usual, so that the end of a token falls into the outage. */
const TOKEN_SECONDS = 20;
const QUICK_TOKEN_SECONDS = 10;
const BEFORE_SECONDS = 3;
const BEYOND_TOKEN_SECONDS = 5;
const AFTER_SECONDS = 5;

/** What knows the signed-in is taken away, for longer than a token lives, and given back. */
export const authOutage: LabExperiment = {
  name: 'auth-outage',
  claim: 'Services go on while the login service is away: a token needs nobody to be asked.',
  async run({ progress, isQuick }) {
    const tokenSeconds = isQuick ? QUICK_TOKEN_SECONDS : TOKEN_SECONDS;
    const plan = {
      beforeSeconds: BEFORE_SECONDS,
      awaySeconds: tokenSeconds + BEYOND_TOKEN_SECONDS,
      afterSeconds: AFTER_SECONDS,
    };
    const auth = { ACCESS_TOKEN_SECONDS: String(tokenSeconds) };
    return withSystem({ replicas: 1, auth }, progress, async (surroundings) => {
      progress('starting services, stores and desks');
      await using sides = await startSides(surroundings);
      const seen = await watchOutage(sides.all, plan, progress);
      return conclude({ seen, plan, tokenSeconds, missing: sides.missing });
    });
  },
};
