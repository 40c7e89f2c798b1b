import { generateKeyPairSync, randomUUID, sign, type KeyObject } from 'node:crypto';
import {
  createVerifier,
  importVerificationKey,
  type IssuerKnowledge,
  type Verifier,
} from '@roomkey/resource-server';

type Json = Readonly<Record<string, unknown>>;

/** An issuer with a key of its own, made at run time, and a verifier that trusts it. */
export interface TestIssuer {
  readonly issuer: string;
  readonly audience: string;
  readonly verifier: Verifier;
  /** What the verifier knows of the issuer. */
  readonly knowledge: IssuerKnowledge;
  /** The published key. */
  readonly jwk: Json;
  readonly privateKey: KeyObject;
  /** A valid access token; what is given replaces claims and header members, `undefined` removes them. */
  token(claims?: Json, header?: Json): string;
}

/** @param options.audience the resource identifier of the service under test */
export function createTestIssuer({
  audience,
  issuer = 'http://desk.test',
}: {
  audience: string;
  issuer?: string;
}): TestIssuer {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const kid = randomUUID();
  const jwk: Json = { ...publicKey.export({ format: 'jwk' }), kid, alg: 'ES256', use: 'sig' };
  const key = importVerificationKey(jwk, ['ES256']);
  if (key === undefined) throw new Error('the test issuer made an unfit key');
  const knowledge: IssuerKnowledge = {
    issuer,
    key: (wanted) => (wanted === kid ? key : undefined),
    hasStatusLists: false,
    statusList: () => undefined,
    isFresh: () => true,
  };
  return {
    issuer,
    audience,
    knowledge,
    jwk,
    privateKey,
    verifier: createVerifier({ issuers: [{ view: knowledge, audience }] }),
    token: (claims = {}, header = {}) =>
      signJws(
        { alg: 'ES256', typ: 'at+jwt', kid, ...header },
        { ...freshClaims(issuer, audience), ...claims },
        privateKey,
      ),
  };
}

function freshClaims(issuer: string, audience: string): Json {
  const now = Math.floor(Date.now() / 1_000);
  return {
    iss: issuer,
    aud: audience,
    sub: 'guest-1',
    client_id: 'app',
    jti: randomUUID(),
    iat: now,
    exp: now + 300,
  };
}

/** A compact JWS with ES256, whatever its header says. */
export function signJws(header: unknown, payload: unknown, key: KeyObject): string {
  const input = `${encodePart(JSON.stringify(header))}.${encodePart(JSON.stringify(payload))}`;
  return `${input}.${signText(input, key)}`;
}

export function signText(input: string, key: KeyObject): string {
  return sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url');
}

export function encodePart(text: string | Buffer): string {
  return Buffer.from(text).toString('base64url');
}
