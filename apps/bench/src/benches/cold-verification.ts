import { createPublicKey } from 'node:crypto';
import { cpuUsage } from 'node:process';
import fastifyJwt from '@fastify/jwt';
import { interleave, ratio, spread, type Experiment } from '@roomkey/experiment';
import { createVerifier, openIssuerView } from '@roomkey/resource-server';
import fastify from 'fastify';
import { publishTokens, type PublishedTokens } from '../published-tokens.ts';

const TOKENS = 2_000;
const ROUNDS = 25;
const GOAL = 0.55;

/** P2: the whole check of a token that was never seen: form, header, signature, claims, status. Nothing is cached. */
export const coldVerification: Experiment = {
  name: 'verify-cold',
  claim: `P2: a first-seen ES256 token costs at most ${GOAL} of what it costs @fastify/jwt.`,
  async run(progress) {
    await using tokens = await publishTokens(TOKENS);
    const { environment } = tokens;
    const view = await openIssuerView({
      issuer: environment.ISSUER,
      jwksUrl: environment.JWKS_URL,
      statusListsUrl: environment.STATUS_LISTS_URL,
    });
    const verifier = createVerifier({
      issuers: [{ view, audience: environment.AUDIENCE }],
      maxCachedTokens: 0,
    });
    const app = await fastifyJwtApp(tokens);
    const figures = await interleave(
      ROUNDS,
      {
        roomkey: async () =>
          microsecondsEach(tokens.all, (token) => {
            const verdict = verifier.verify(token);
            if (!verdict.ok) throw new Error(`a valid token is refused: ${verdict.reason}`);
          }),
        'fastify-jwt': async () => microsecondsEach(tokens.all, (token) => void app.jwt.verify(token)),
      },
      progress,
    );
    view.close();
    const share = ratio(figures.roomkey, figures['fastify-jwt']);
    return {
      figures: {
        roomkeyToFastifyJwt: share,
        cpuMicroseconds: { roomkey: spread(figures.roomkey), fastifyJwt: spread(figures['fastify-jwt']) },
        tokens: TOKENS,
      },
      goal: `at most ${GOAL}`,
      ok: share.median <= GOAL,
    };
  },
};

async function fastifyJwtApp({ environment }: PublishedTokens) {
  const key = createPublicKey({ key: JSON.parse(environment.JWK), format: 'jwk' });
  const app = fastify();
  await app.register(fastifyJwt, {
    secret: { public: key.export({ type: 'spki', format: 'pem' }) },
    verify: { algorithms: ['ES256'], allowedIss: environment.ISSUER, allowedAud: environment.AUDIENCE },
  });
  await app.ready();
  return app;
}

function microsecondsEach(tokens: readonly string[], check: (token: string) => void): number {
  const before = cpuUsage();
  for (const token of tokens) check(token);
  const { user, system } = cpuUsage(before);
  return (user + system) / tokens.length;
}
