import {
  httpRequest,
  interleave,
  ratio,
  spread,
  startMeasuredProcess,
  type Experiment,
  type MeasuredProcess,
} from '@roomkey/experiment';
import { REPLICA_ENVIRONMENT } from '@roomkey/embedded-system';
import { publishTokens } from '../published-tokens.ts';
import { inShortTurns, SHORT_TURNS, WARM_UP_SECONDS } from '../short-turns.ts';

const TOKENS = 10_000;
const GOAL = 0.9;

/**
 * P1: what the check costs a route that does nothing else. All servers are sent the same bytes. One of them only finds the header
 * among those it has seen, in a `Map`, and judges nothing: what any check of so many tokens costs on this machine.
 */
export const warmVerification: Experiment = {
  name: 'verify-warm',
  claim: `P1: a verified route keeps at least ${GOAL} of the throughput of the same route without a check.`,
  async run(progress) {
    await using tokens = await publishTokens(TOKENS);
    const requests = tokens.all.map((token) => httpRequest('GET', '/', { authorization: `Bearer ${token}` }));
    await using bare = await startRoute('bare', tokens.environment);
    await using ours = await startRoute('roomkey', tokens.environment);
    await using lookUp = await startRoute('look-up', tokens.environment);
    await using theirs = await startRoute('fastify-jwt', tokens.environment);
    const sides = {
      bare: inShortTurns(bare, requests),
      roomkey: inShortTurns(ours, requests),
      lookUpAlone: inShortTurns(lookUp, requests),
      'fastify-jwt': inShortTurns(theirs, requests),
    };
    progress(`each is sent ${TOKENS} tokens, again and again`);
    for (const side of Object.values(sides)) await side(WARM_UP_SECONDS);
    const figures = await interleave(SHORT_TURNS, sides, progress);
    const share = ratio(figures.roomkey, figures.bare);
    return {
      figures: {
        roomkeyToBare: share,
        lookUpAloneToBare: ratio(figures.lookUpAlone, figures.bare),
        fastifyJwtToBare: ratio(figures['fastify-jwt'], figures.bare),
        requestsPerCpuSecond: {
          bare: spread(figures.bare),
          roomkey: spread(figures.roomkey),
          lookUpAlone: spread(figures.lookUpAlone),
          fastifyJwt: spread(figures['fastify-jwt']),
        },
        tokens: TOKENS,
      },
      goal: `at least ${GOAL} with ${TOKENS} live tokens, status bits checked`,
      ok: share.median >= GOAL,
    };
  },
};

function startRoute(design: string, environment: Readonly<Record<string, string>>): Promise<MeasuredProcess> {
  return startMeasuredProcess(new URL('../servers/route.ts', import.meta.url), [design], {
    ...REPLICA_ENVIRONMENT,
    ...environment,
  });
}
