import {
  httpRequest,
  interleave,
  ratio,
  requestsPerCpuSecond,
  spread,
  startMeasuredProcess,
  type Experiment,
  type MeasuredProcess,
} from '@roomkey/experiment';
import { REPLICA_ENVIRONMENT } from '@roomkey/embedded-system';
import { publishTokens } from '../published-tokens.ts';

const TOKENS = 10_000;
const ROUNDS = 41;
const SECONDS = 0.3;
const CONNECTIONS = 32;
const GOAL = 0.9;

/** P1: what the check costs a route that does nothing else. Both servers are sent the same bytes. */
export const warmVerification: Experiment = {
  name: 'verify-warm',
  claim: `P1: a verified route keeps at least ${GOAL} of the throughput of the same route without a check.`,
  async run(progress) {
    await using tokens = await publishTokens(TOKENS);
    const requests = tokens.all.map((token) => httpRequest('GET', '/', { authorization: `Bearer ${token}` }));
    const load = { requests, connections: CONNECTIONS, seconds: SECONDS };
    await using bare = await startRoute('bare', tokens.environment);
    await using ours = await startRoute('roomkey', tokens.environment);
    await using theirs = await startRoute('fastify-jwt', tokens.environment);
    progress(`${TOKENS} tokens sent once to each`);
    for (const server of [bare, ours, theirs]) await requestsPerCpuSecond(server, load);
    const figures = await interleave(
      ROUNDS,
      {
        bare: () => requestsPerCpuSecond(bare, load),
        roomkey: () => requestsPerCpuSecond(ours, load),
        'fastify-jwt': () => requestsPerCpuSecond(theirs, load),
      },
      progress,
    );
    const share = ratio(figures.roomkey, figures.bare);
    return {
      figures: {
        roomkeyToBare: share,
        fastifyJwtToBare: ratio(figures['fastify-jwt'], figures.bare),
        requestsPerCpuSecond: {
          bare: spread(figures.bare),
          roomkey: spread(figures.roomkey),
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
