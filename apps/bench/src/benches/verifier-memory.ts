import { randomBytes } from 'node:crypto';
import { memoryUsage } from 'node:process';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { round, type Experiment } from '@roomkey/experiment';
import { createVerifier, type IssuerKnowledge, type Verifier } from '@roomkey/resource-server';
import { createTestIssuer } from '@roomkey/test-kit';

const VALID = 10_000_000;
const FORGED = 200_000;
const CACHED = 50_000;
const LOOK_EVERY = 1_000_000;
const MAX_MIB = 64;

/** What a verifier keeps when it never sees a token twice, and when nothing that it sees is genuine. */
export const verifierMemory: Experiment = {
  name: 'verifier-memory',
  claim: `A verifier's memory stays under ${MAX_MIB} MiB through ten million valid tokens and a flood of forged ones.`,
  async run(progress) {
    const desk = createTestIssuer({ audience: 'http://rooms.test/data' });
    // Signing and verifying ten million would take half an hour, and says nothing about memory.
    const believing = createVerifier({
      issuers: [{ view: believingView(desk.knowledge), audience: desk.audience }],
      maxCachedTokens: CACHED,
    });
    const header = encode({ alg: 'ES256', typ: 'at+jwt', kid: desk.jwk['kid'] });
    const seen: number[] = [];
    const before = memoryInUseMib();
    for (let count = 1; count <= VALID; count += 1) {
      if (!believing.verify(unsignedToken(header, desk.issuer, desk.audience, count)).ok)
        throw new Error('a valid token is refused');
      if (count % LOOK_EVERY === 0) {
        seen.push(memoryInUseMib() - before);
        progress(`${count} valid tokens: ${round(seen.at(-1) ?? NaN)} MiB`);
      }
    }
    const forgedMib = await flood(desk.verifier, desk.token(), progress);
    const mostMib = Math.max(...seen);
    return {
      figures: {
        validTokens: VALID,
        cachedTokens: believing.counts.cachedTokens,
        mostMib: round(mostMib),
        mibByMillion: seen.map(round),
        forgedTokens: FORGED,
        forgedCached: desk.verifier.counts.cachedTokens,
        forgedMib: round(forgedMib),
      },
      goal: `at most ${MAX_MIB} MiB with at most ${CACHED} tokens kept; none of the forged is kept`,
      ok:
        mostMib <= MAX_MIB &&
        forgedMib <= MAX_MIB &&
        believing.counts.cachedTokens <= CACHED &&
        desk.verifier.counts.cachedTokens === 0,
    };
  },
};

function believingView(knowledge: IssuerKnowledge): IssuerKnowledge {
  return {
    ...knowledge,
    key(kid) {
      const key = knowledge.key(kid);
      return key && { ...key, verifies: () => true };
    },
  };
}

async function flood(verifier: Verifier, genuine: string, progress: (line: string) => void): Promise<number> {
  const signed = genuine.slice(0, genuine.lastIndexOf('.') + 1);
  const before = memoryInUseMib();
  for (let count = 0; count < FORGED; count += 1) {
    if (verifier.verify(signed + randomBytes(64).toString('base64url')).ok)
      throw new Error('a forged token is accepted');
  }
  const kept = memoryInUseMib() - before;
  progress(`${FORGED} forged tokens: ${round(kept)} MiB`);
  return kept;
}

function unsignedToken(header: string, issuer: string, audience: string, count: number): string {
  const iat = Math.floor(Date.now() / 1_000);
  const payload = encode({
    iss: issuer,
    sub: `guest-${count}`,
    aud: audience,
    client_id: 'app',
    iat,
    exp: iat + 300,
    jti: `${count}-${'x'.repeat(20)}`,
    scope: 'data:read data:write',
    sid: `session-${count}`,
  });
  return `${header}.${payload}.${randomBytes(64).toString('base64url')}`;
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function memoryInUseMib(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const { heapUsed, arrayBuffers } = memoryUsage();
  return (heapUsed + arrayBuffers) / 2 ** 20;
}
