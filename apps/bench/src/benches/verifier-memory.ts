import { hash, randomBytes } from 'node:crypto';
import { memoryUsage } from 'node:process';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { round, type Experiment } from '@roomkey/experiment';
import { createVerifier, StatusList, type IssuerKnowledge, type Verifier } from '@roomkey/resource-server';
import { createTestIssuer } from '@roomkey/test-kit';

const VALID = 10_000_000;
const FORGED = 200_000;
/** As many as a verifier keeps unless it is told otherwise. */
const CACHED = 50_000;
const LOOK_EVERY = 1_000_000;
const MAX_MIB = 64;
/** Beyond so many later ones no token is kept: its set of eight has seen some eighty since. */
const LATEST = 10 * CACHED;

const ORIGIN = 'https://roomkey.hotel-astoria.example';
const LIST_URI = `${ORIGIN}/auth/status-lists/1785000000-0`;
const LIST_SIZE = 2 ** 20;

/** What a verifier keeps when it never sees a token twice, and what forged ones change of that. */
export const verifierMemory: Experiment = {
  name: 'verifier-memory',
  claim: `A verifier with tokens as a guest of the desk has them stays under ${MAX_MIB} MiB through ten million of them, and forged ones take none of the kept from it.`,
  async run(progress) {
    const desk = createTestIssuer({ issuer: ORIGIN, audience: `${ORIGIN}/data` });
    const nowMs = Date.now();
    const belief: Belief = { isGenuine: true };
    const verifier = createVerifier({
      issuers: [{ view: believingView(desk.knowledge, belief), audience: desk.audience }],
      now: () => nowMs,
    });
    const guestToken = guestTokens(String(desk.jwk['kid']), Math.floor(nowMs / 1_000));
    const seen: number[] = [];
    const before = memoryInUseMib();
    for (let count = 1; count <= VALID; count += 1) {
      if (!verifier.verify(guestToken(count)).ok) throw new Error('a valid token is refused');
      if (count % LOOK_EVERY === 0) {
        seen.push(memoryInUseMib() - before);
        progress(`${count} valid tokens: ${round(seen.at(-1) ?? NaN)} MiB`);
      }
    }
    const kept = verifier.counts.cachedTokens;
    belief.isGenuine = undefined;
    flood(verifier, guestToken(VALID));
    const forgedMib = memoryInUseMib() - before;
    progress(`${FORGED} forged tokens: ${round(forgedMib)} MiB`);
    belief.isGenuine = false;
    const found = countFound(verifier, guestToken);
    const mostMib = Math.max(...seen, forgedMib);
    return {
      figures: {
        tokenCharacters: guestToken(VALID).length,
        validTokens: VALID,
        cachedTokens: kept,
        mostMib: round(mostMib),
        bytesByToken: Math.round(((seen.at(-1) ?? NaN) * 2 ** 20) / kept),
        mibByMillion: seen.map(round),
        forgedTokens: FORGED,
        afterForgedMib: round(forgedMib),
        cachedAfterForged: verifier.counts.cachedTokens,
        foundAfterForged: found,
      },
      goal: `at most ${MAX_MIB} MiB with at most ${CACHED} tokens kept; after the forged ones the same are found, and no other is kept`,
      ok:
        mostMib <= MAX_MIB &&
        kept <= CACHED &&
        kept > 0.99 * CACHED &&
        found === kept &&
        verifier.counts.cachedTokens === kept,
    };
  },
};

/** What is said of every signature, unless it is looked at. */
interface Belief {
  isGenuine: boolean | undefined;
}

/** Signing and verifying ten million would take half an hour, and says nothing about memory: signatures are believed or not, and looked at in the flood. */
function believingView(knowledge: IssuerKnowledge, belief: Belief): IssuerKnowledge {
  const list = new StatusList(LIST_URI, { bits: 1, bytes: new Uint8Array(LIST_SIZE / 8) }, Infinity);
  const kept = new Map<string, ReturnType<IssuerKnowledge['key']>>();
  return {
    ...knowledge,
    hasStatusLists: true,
    statusList: (uri) => (uri === LIST_URI ? list : undefined),
    key(kid) {
      if (kept.has(kid)) return kept.get(kid);
      const key = knowledge.key(kid);
      const believing = key && {
        ...key,
        verifies: (input: string, signature: Buffer) => belief.isGenuine ?? key.verifies(input, signature),
      };
      kept.set(kid, believing);
      return believing;
    },
  };
}

/** Tokens of the shape and length of those that the desk gives a guest with every scope; the same for the same number. */
function guestTokens(kid: string, iat: number): (count: number) => string {
  const header = encode({ alg: 'ES256', typ: 'at+jwt', kid });
  const aud = ['auth', 'data', 'image', 'profile'].map((service) => `${ORIGIN}/${service}`);
  const scope = 'account data:read data:write image:read image:write profile:read profile:write';
  return (count) => {
    const uuid = `${String(count).padStart(8, '0')}-0000-7000-8000-000000000000`;
    const payload = encode({
      iss: ORIGIN,
      sub: uuid,
      aud,
      client_id: 'app',
      iat,
      exp: iat + 300,
      jti: String(count).padStart(22, '0'),
      scope,
      sid: uuid,
      status: { status_list: { uri: LIST_URI, idx: count % LIST_SIZE } },
    });
    return `${header}.${payload}.${hash('sha512', String(count), 'base64url')}`;
  };
}

/** A genuine token's text under signatures that nobody made. */
function flood(verifier: Verifier, genuine: string): void {
  const signed = genuine.slice(0, genuine.lastIndexOf('.') + 1);
  for (let count = 0; count < FORGED; count += 1) {
    if (verifier.verify(signed + randomBytes(64).toString('base64url')).ok)
      throw new Error('a forged token is accepted');
  }
}

/** How many of the latest tokens the verifier still knows: no signature is believed a second time. */
function countFound(verifier: Verifier, guestToken: (count: number) => string): number {
  const before = verifier.counts.cacheHits;
  for (let count = VALID - LATEST + 1; count <= VALID; count += 1) verifier.verify(guestToken(count));
  return verifier.counts.cacheHits - before;
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function memoryInUseMib(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  // What was being compiled or swept during one collection is gone in the next.
  collect();
  collect();
  const { heapUsed, arrayBuffers } = memoryUsage();
  return (heapUsed + arrayBuffers) / 2 ** 20;
}
