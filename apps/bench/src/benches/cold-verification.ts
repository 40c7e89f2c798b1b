import { createPublicKey, verify, type KeyObject } from 'node:crypto';
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
    const signed = tokens.all.map(signatureOf);
    const key = publicKeyOf(tokens);
    const figures = await interleave(
      ROUNDS,
      {
        roomkey: async () =>
          microsecondsEach(tokens.all, (token) => {
            const verdict = verifier.verify(token);
            if (!verdict.ok) throw new Error(`a valid token is refused: ${verdict.reason}`);
          }),
        signature: async () =>
          microsecondsEach(signed, ({ input, signature }) => {
            if (!verify('sha256', input, { key, dsaEncoding: 'ieee-p1363' }, signature))
              throw new Error('a signature is not good');
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
        signatureAloneToFastifyJwt: ratio(figures.signature, figures['fastify-jwt']),
        cpuMicroseconds: {
          roomkey: spread(figures.roomkey),
          signatureAlone: spread(figures.signature),
          fastifyJwt: spread(figures['fastify-jwt']),
        },
        tokens: TOKENS,
      },
      goal: `at most ${GOAL}`,
      ok: share.median <= GOAL,
    };
  },
};

function publicKeyOf({ environment }: PublishedTokens): KeyObject {
  return createPublicKey({ key: JSON.parse(environment.JWK), format: 'jwk' });
}

/** What no verifier can do without: the bytes, the key and the signature at hand. */
function signatureOf(token: string): { readonly input: Buffer; readonly signature: Buffer } {
  const end = token.lastIndexOf('.');
  return {
    input: Buffer.from(token.slice(0, end)),
    signature: Buffer.from(token.slice(end + 1), 'base64url'),
  };
}

async function fastifyJwtApp(tokens: PublishedTokens) {
  const { environment } = tokens;
  const key = publicKeyOf(tokens);
  const app = fastify();
  await app.register(fastifyJwt, {
    secret: { public: key.export({ type: 'spki', format: 'pem' }) },
    verify: { algorithms: ['ES256'], allowedIss: environment.ISSUER, allowedAud: environment.AUDIENCE },
  });
  await app.ready();
  return app;
}

function microsecondsEach<Subject>(subjects: readonly Subject[], check: (subject: Subject) => void): number {
  const before = cpuUsage();
  for (const subject of subjects) check(subject);
  const { user, system } = cpuUsage(before);
  return (user + system) / subjects.length;
}
