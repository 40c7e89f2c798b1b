import {
  httpRequest,
  interleave,
  ratio,
  spread,
  startMeasuredProcess,
  type Experiment,
} from '@roomkey/experiment';
import { REPLICA_ENVIRONMENT } from '@roomkey/embedded-system';
import { publishTokens } from '../published-tokens.ts';
import { inShortTurns, SHORT_TURNS, WARM_UP_SECONDS } from '../short-turns.ts';

const TOKENS = 1_000;
const GOAL = 0.85;

/** P12: one JSON line for each request, written by a service as they all stand into the void. */
export const requestLog: Experiment = {
  name: 'request-log',
  claim: `P12: a service that logs every request keeps at least ${GOAL} of the throughput of one that logs none.`,
  async run(progress) {
    await using tokens = await publishTokens(TOKENS);
    const requests = tokens.all.map((token) => httpRequest('GET', '/', { authorization: `Bearer ${token}` }));
    const start = (level: string) =>
      startMeasuredProcess(new URL('../servers/logged-route.ts', import.meta.url), [level], {
        ...REPLICA_ENVIRONMENT,
        ...tokens.environment,
      });
    await using silent = await start('silent');
    await using logging = await start('info');
    const sides = { silent: inShortTurns(silent, requests), logging: inShortTurns(logging, requests) };
    progress('both warm up');
    for (const side of Object.values(sides)) await side(WARM_UP_SECONDS);
    const figures = await interleave(SHORT_TURNS, sides, progress);
    const share = ratio(figures.logging, figures.silent);
    return {
      figures: {
        loggingToSilent: share,
        requestsPerCpuSecond: { logging: spread(figures.logging), silent: spread(figures.silent) },
      },
      goal: `at least ${GOAL}`,
      ok: share.median >= GOAL,
    };
  },
};
