import { stdout } from 'node:process';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { expect, test } from 'vitest';
import { createVerifier, importVerificationKey, type IssuerKnowledge } from '../src/index.ts';
import { createKey } from './desk.ts';
import { createMutants } from './mutants.ts';
import { announceSeed, createRandom } from './random.ts';

const MUTANTS = 100_000;
/** Of those that we refuse, jose is asked about one in so many, to learn where we are stricter. */
const SAMPLE = 20;

test('of 100,000 mutated tokens, none is accepted that jose refuses (security 1, 13, 15, 18, 19, 20, 23)', async () => {
  const seed = announceSeed('differential');
  const random = createRandom(seed);
  const nowMs = Math.floor(Date.now() / 1_000) * 1_000;
  const [issuer, audience] = ['http://desk.test', 'http://desk.test/room'];
  const key = createKey('kid');
  const published = importVerificationKey(key.jwk, ['ES256']);
  const view: IssuerKnowledge = {
    issuer,
    key: (kid) => (kid === 'kid' ? published : undefined),
    hasStatusLists: false,
    statusList: () => undefined,
    isFresh: () => true,
  };
  const verifier = createVerifier({
    issuers: [{ view, audience }],
    now: () => nowMs,
    clockToleranceSeconds: 0,
    maxCachedTokens: 300,
  });
  const keySet = createLocalJWKSet({ keys: [{ ...key.jwk, kty: 'EC' }] });
  const joseAccepts = async (token: string): Promise<boolean> => {
    try {
      await jwtVerify(token, keySet, {
        issuer,
        audience,
        typ: 'at+jwt',
        algorithms: ['ES256'],
        requiredClaims: ['exp', 'iat', 'sub', 'client_id', 'jti'],
        maxTokenAge: 900,
        currentDate: new Date(nowMs),
      });
      return true;
    } catch {
      return false;
    }
  };

  const nextMutant = createMutants({ random, issuer, audience, key, nowSeconds: nowMs / 1_000 });
  const both = new Map<string, number>();
  let accepted = 0;
  let stricter = 0;
  for (let count = 0; count < MUTANTS; count += 1) {
    const { kind, token } = nextMutant();
    const verdict = verifier.verify(token);
    if (verdict.ok) {
      // Mutations follow the seed, signatures do not: what fails is told with all that it takes to try it again.
      if (!(await joseAccepts(token)))
        throw new Error(
          `jose refuses what we accept: ${JSON.stringify({ kind, token, nowMs, jwk: key.jwk })}`,
        );
      accepted += 1;
      both.set(kind, (both.get(kind) ?? 0) + 1);
    } else if (count % SAMPLE === 0 && (await joseAccepts(token))) stricter += 1;
  }

  const { refused, cacheHits } = verifier.counts;
  const reasons = [...refused].map(([reason, count]) => `${count} ${reason}`).join(', ');
  stdout.write(
    `differential: ${accepted} of ${MUTANTS} accepted by both (${cacheHits} from the cache), of the refused jose accepts about ${stricter * SAMPLE}; ${reasons}\n`,
  );
  // The test says something only when a fair part gets through, in many ways, and a fair part does not.
  expect(accepted).toBeGreaterThan(MUTANTS / 10);
  expect(accepted).toBeLessThan(MUTANTS / 2);
  expect(both.size).toBeGreaterThan(6);
  expect(refused.size).toBeGreaterThan(8);
  expect(cacheHits).toBeGreaterThan(MUTANTS / 100);
}, 240_000);
