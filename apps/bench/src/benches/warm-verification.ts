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
/** Many and short: a neighbour on the same machine then slows down the sides of a round alike. */
const ROUNDS = 151;
const SECONDS = 0.07;
const WARM_UP_SECONDS = 3;
const CONNECTIONS = 32;
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
      bare: asked(bare, requests),
      roomkey: asked(ours, requests),
      lookUpAlone: asked(lookUp, requests),
      'fastify-jwt': asked(theirs, requests),
    };
    progress(`each is sent ${TOKENS} tokens, again and again`);
    for (const side of Object.values(sides)) await side(WARM_UP_SECONDS);
    const figures = await interleave(ROUNDS, sides, progress);
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

/** Measures a server: on with its tokens where the last time ended, so that all of them are alive. */
function asked(server: MeasuredProcess, requests: readonly Buffer[]): (seconds?: number) => Promise<number> {
  let next = 0;
  const nextRequest = (): Buffer => requests[next++ % requests.length] as Buffer;
  return (seconds = SECONDS) =>
    requestsPerCpuSecond(server, { requests: nextRequest, connections: CONNECTIONS, seconds });
}

function startRoute(design: string, environment: Readonly<Record<string, string>>): Promise<MeasuredProcess> {
  return startMeasuredProcess(new URL('../servers/route.ts', import.meta.url), [design], {
    ...REPLICA_ENVIRONMENT,
    ...environment,
  });
}
