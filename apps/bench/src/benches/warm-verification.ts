import {
  httpRequest,
  interleave,
  ratio,
  spread,
  startMeasuredProcess,
  type Experiment,
  type MeasuredProcess,
  type Spread,
} from '@roomkey/experiment';
import { REPLICA_ENVIRONMENT } from '@roomkey/embedded-system';
import { publishTokens } from '../published-tokens.ts';
import { inShortTurns, SHORT_TURNS, WARM_UP_SECONDS } from '../short-turns.ts';

const TOKENS = 10_000;
const GOAL = 0.9;

/**
 * P1: what the check costs a route that does nothing else. All servers are sent the same bytes. Where its time goes is seen from
 * three more sides: a hook that does nothing; one that only finds the header among those it has seen, in a `Map`, and judges nothing,
 * which is what any check of so many tokens costs on this machine; and our check of one and the same token.
 */
export const warmVerification: Experiment = {
  name: 'verify-warm',
  claim: `P1: a verified route keeps at least ${GOAL} of the throughput of the same route without a check.`,
  async run(progress) {
    await using tokens = await publishTokens(TOKENS);
    const requests = tokens.all.map((token) => httpRequest('GET', '/', { authorization: `Bearer ${token}` }));
    await using bare = await startRoute('bare', tokens.environment);
    await using idleHook = await startRoute('idle-hook', tokens.environment);
    await using lookUp = await startRoute('look-up', tokens.environment);
    await using ours = await startRoute('roomkey', tokens.environment);
    await using oursOfOne = await startRoute('roomkey', tokens.environment);
    await using theirs = await startRoute('fastify-jwt', tokens.environment);
    const sides = {
      bare: inShortTurns(bare, requests),
      idleHook: inShortTurns(idleHook, requests),
      lookUpAlone: inShortTurns(lookUp, requests),
      roomkey: inShortTurns(ours, requests),
      roomkeyOfOneToken: inShortTurns(oursOfOne, requests.slice(0, 1)),
      fastifyJwt: inShortTurns(theirs, requests),
    };
    progress(`each is sent ${TOKENS} tokens, again and again`);
    for (const side of Object.values(sides)) await side(WARM_UP_SECONDS);
    const perCpuSecond = await interleave(SHORT_TURNS, sides, progress);
    const toBare = (side: keyof typeof sides): Spread => ratio(perCpuSecond[side], perCpuSecond.bare);
    const share = toBare('roomkey');
    return {
      figures: {
        roomkeyToBare: share,
        idleHookToBare: toBare('idleHook'),
        lookUpAloneToBare: toBare('lookUpAlone'),
        roomkeyOfOneTokenToBare: toBare('roomkeyOfOneToken'),
        fastifyJwtToBare: toBare('fastifyJwt'),
        cpuMicroseconds: Object.fromEntries(
          Object.entries(perCpuSecond).map(([side, rates]) => [side, spread(rates.map(microsecondsAt))]),
        ),
        tokens: TOKENS,
      },
      goal: `at least ${GOAL} with ${TOKENS} live tokens, status bits checked`,
      ok: share.median >= GOAL,
    };
  },
};

function microsecondsAt(requestsPerSecond: number): number {
  return 1_000_000 / requestsPerSecond;
}

function startRoute(design: string, environment: Readonly<Record<string, string>>): Promise<MeasuredProcess> {
  return startMeasuredProcess(new URL('../servers/route.ts', import.meta.url), [design], {
    ...REPLICA_ENVIRONMENT,
    ...environment,
  });
}
