import { sign } from 'node:crypto';
import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import {
  createVerifier,
  importVerificationKey,
  type IssuerKnowledge,
  type Principal,
  type Verdict,
} from '../src/index.ts';
import { createKey, openDesk, signJws, type DeskKey, type Json } from './desk.ts';
import { base64url, integer } from './integers.ts';
import { announceSeed, createRandom } from './random.ts';
import { nameOf, openView } from './view.ts';

const AUDIENCE = 'http://desk.test/room';
const NOW_SECONDS = 1_800_000_000;

/** An issuer that is known without being looked at. */
function knownIssuer(issuer: string, ...keys: readonly DeskKey[]): IssuerKnowledge {
  const known = new Map(keys.map(({ kid, jwk }) => [kid, importVerificationKey(jwk, ['ES256'])]));
  return {
    issuer,
    key: (kid) => known.get(kid),
    hasStatusLists: false,
    statusList: () => undefined,
    isFresh: () => true,
  };
}

function tokenOf(issuer: string, key: DeskKey, claims: Json = {}): string {
  const usual = {
    iss: issuer,
    aud: AUDIENCE,
    sub: 'guest',
    client_id: 'app',
    jti: '1',
    iat: NOW_SECONDS,
    exp: NOW_SECONDS + 300,
  };
  return signJws({ alg: 'ES256', typ: 'at+jwt', kid: key.kid }, { ...usual, ...claims }, key);
}

const principalOf = (verdict: Verdict): Principal => {
  if (!verdict.ok) throw new Error(`refused: ${verdict.reason}`);
  return verdict.principal;
};

const ISSUER = 'http://desk.test';
const key = createKey('kid');
const view = knownIssuer(ISSUER, key);
const now = () => NOW_SECONDS * 1_000;
const verifier = createVerifier({ issuers: [{ view, audience: AUDIENCE }], now });
const judge = (claims: Json) => nameOf(verifier.verify(tokenOf(ISSUER, key, claims)));

test('the principal says what the token says', () => {
  const claims = {
    scope: 'a  b:c ',
    sid: 's-1',
    act: { sub: 'data', act: { sub: 'image', client_id: 'ignored' } },
    exp: NOW_SECONDS + 12.5,
  };
  expect(principalOf(verifier.verify(tokenOf(ISSUER, key, claims)))).toEqual({
    issuer: ISSUER,
    subject: 'guest',
    clientId: 'app',
    tokenId: '1',
    sessionId: 's-1',
    scopes: ['a', 'b:c'],
    actors: ['data', 'image'],
    expiresAt: NOW_SECONDS + 12.5,
  });
});

test('nothing that a request does to its principal lasts, and nothing of the token shows in it', () => {
  const fresh = createVerifier({ issuers: [{ view, audience: AUDIENCE }], now });
  const token = tokenOf(ISSUER, key, { scope: 'a', act: { sub: 'data' } });
  const first = principalOf(fresh.verify(token));
  expect(() => Object.assign(first, { subject: 'somebody else' })).toThrow(TypeError);
  expect(() => Object.assign(first, { expiresAt: Infinity })).toThrow(TypeError);
  for (const list of [first.scopes, first.actors])
    expect(() => (list as string[]).push('admin')).toThrow(TypeError);
  expect(principalOf(fresh.verify(token))).toEqual({
    ...first,
    subject: 'guest',
    scopes: ['a'],
    actors: ['data'],
  });
  expect(() => Object.assign(Object.getPrototypeOf(first) as object, { isAdmin: true })).toThrow(TypeError);
  for (const shown of [JSON.stringify(first), inspect(first, { showHidden: true, depth: null })])
    expect(shown).not.toContain(token.slice(-20));
});

test('time is held to the second that is said: exp to none, iat and nbf to 60, a life to 900 (security 9, 10, 11)', () => {
  expect(judge({ exp: NOW_SECONDS })).toBe('expired');
  expect(judge({ exp: NOW_SECONDS + 0.001 })).toBe('accepted');
  expect(judge({ exp: NOW_SECONDS - 1, iat: NOW_SECONDS - 10 })).toBe('expired');
  expect(judge({ iat: NOW_SECONDS + 60 })).toBe('accepted');
  expect(judge({ iat: NOW_SECONDS + 61 })).toBe('not-yet-valid');
  expect(judge({ nbf: NOW_SECONDS + 60 })).toBe('accepted');
  expect(judge({ nbf: NOW_SECONDS + 61 })).toBe('not-yet-valid');
  expect(judge({ exp: NOW_SECONDS + 900 })).toBe('accepted');
  expect(judge({ exp: NOW_SECONDS + 901 })).toBe('bad-claims');
  expect(judge({ exp: 1e300 })).toBe('bad-claims');
  expect(judge({ iat: -1e300 })).toBe('bad-claims');
  expect(judge({ nbf: null })).toBe('bad-claims');
});

test('a token is accepted from the cache until the moment it ends, and never after it (security 9, 28)', () => {
  let nowMs = now();
  const ticking = createVerifier({ issuers: [{ view, audience: AUDIENCE }], now: () => nowMs });
  const token = tokenOf(ISSUER, key);
  expect(ticking.verify(token)).toMatchObject({ ok: true, cached: false });
  nowMs += 299_999;
  expect(ticking.verify(token)).toMatchObject({ ok: true, cached: true });
  nowMs += 1;
  expect(ticking.verify(token)).toEqual({ ok: false, reason: 'expired' });
  expect(ticking.counts.cachedTokens).toBe(0);
});

test('identifiers are texts of bounded length (security 12)', () => {
  for (const name of ['sub', 'client_id', 'jti']) {
    expect(judge({ [name]: 'x'.repeat(256) })).toBe('accepted');
    for (const wrong of ['x'.repeat(257), '', 1, null, undefined, ['x'], { x: 1 }, true])
      expect(judge({ [name]: wrong })).toBe('bad-claims');
  }
  for (const wrong of ['x'.repeat(257), '', 1, null, ['x']]) expect(judge({ sid: wrong })).toBe('bad-claims');
});

test('a chain of actors is a chain, and short (security 102)', () => {
  const chain = (depth: number): Json => (depth === 0 ? { sub: 'a' } : { sub: 'a', act: chain(depth - 1) });
  expect(judge({ act: chain(7) })).toBe('accepted');
  expect(judge({ act: chain(8) })).toBe('bad-claims');
  for (const act of [
    null,
    'a',
    [],
    ['a'],
    {},
    { sub: '' },
    { sub: 1 },
    { sub: 'a', act: null },
    { act: { sub: 'a' } },
  ])
    expect(judge({ act })).toBe('bad-claims');
});

test('a token that is bound to a key is worth nothing to who merely bears it (security 115)', () => {
  expect(judge({ cnf: { jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I' } })).toBe('bad-claims');
  expect(judge({ cnf: null })).toBe('bad-claims');
});

test('one token has one text; the other signature that ECDSA allows is verified for itself (security 16, 20, 21)', () => {
  const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
  const fresh = createVerifier({ issuers: [{ view, audience: AUDIENCE }], now });
  const token = tokenOf(ISSUER, key);
  const dot = token.lastIndexOf('.');
  const signature = Buffer.from(token.slice(dot + 1), 'base64url');
  const twinS = Buffer.from(base64url(order - integer(signature.subarray(32)), 32), 'base64url');
  const twin = `${token.slice(0, dot)}.${Buffer.concat([signature.subarray(0, 32), twinS]).toString('base64url')}`;
  expect(twin).not.toBe(token);
  expect(fresh.verify(token)).toMatchObject({ ok: true, cached: false });
  expect(fresh.verify(twin)).toMatchObject({ ok: true, cached: false });
  expect(fresh.verify(token)).toMatchObject({ ok: true, cached: true });
  expect(fresh.verify(twin)).toMatchObject({ ok: true, cached: true });
  expect(fresh.counts.cachedTokens).toBe(2);
});

test('what is refused is not remembered, however often it comes (security 28)', () => {
  const fresh = createVerifier({ issuers: [{ view, audience: AUDIENCE }], now });
  const bad = tokenOf(ISSUER, { ...createKey(), kid: 'kid' });
  for (let time = 0; time < 10; time += 1)
    expect(fresh.verify(bad)).toEqual({ ok: false, reason: 'bad-signature' });
  expect(fresh.counts.cachedTokens).toBe(0);
  expect(fresh.counts.refused).toEqual(new Map([['bad-signature', 10]]));
});

test('a key of one issuer verifies no token that names another, with the same kid or not (security 6)', () => {
  const [a, b] = ['http://a.test', 'http://b.test'];
  const [keyOfA, keyOfB, second] = [createKey('same'), createKey('same'), createKey('other')];
  const both = createVerifier({
    issuers: [
      { view: knownIssuer(a, keyOfA, second), audience: AUDIENCE },
      { view: knownIssuer(b, keyOfB), audience: ['urn:b-1', 'urn:b-2'] },
    ],
    now,
  });
  const forB = { aud: 'urn:b-1' };
  expect(nameOf(both.verify(tokenOf(a, keyOfA)))).toBe('accepted');
  expect(nameOf(both.verify(tokenOf(b, keyOfB, forB)))).toBe('accepted');
  expect(nameOf(both.verify(tokenOf(b, keyOfB, { aud: ['urn:x', 'urn:b-2'] })))).toBe('accepted');
  expect(nameOf(both.verify(tokenOf(b, keyOfA, forB)))).toBe('bad-signature');
  expect(nameOf(both.verify(tokenOf(b, second, forB)))).toBe('unknown-key');
  expect(nameOf(both.verify(tokenOf(a, keyOfB)))).toBe('bad-signature');
  // Audiences belong to issuers.
  expect(nameOf(both.verify(tokenOf(a, keyOfA, forB)))).toBe('wrong-audience');
  expect(nameOf(both.verify(tokenOf(b, keyOfB)))).toBe('wrong-audience');
  expect(nameOf(both.verify(tokenOf('http://c.test', keyOfA)))).toBe('wrong-issuer');
  expect(both.issuers.map(({ issuer }) => issuer)).toEqual([a, b]);
});

test('an issuer that was not seen for too long takes no other with it (security 95)', () => {
  const [a, b] = ['http://a.test', 'http://b.test'];
  const [keyOfA, keyOfB] = [createKey('a'), createKey('b')];
  const stale = { ...knownIssuer(a, keyOfA), isFresh: () => false };
  const both = createVerifier({
    issuers: [stale, knownIssuer(b, keyOfB)].map((known) => ({ view: known, audience: AUDIENCE })),
    now,
  });
  expect(nameOf(both.verify(tokenOf(a, keyOfA)))).toBe('stale-view');
  expect(nameOf(both.verify(tokenOf(b, keyOfB)))).toBe('accepted');
});

test("an issuer's scopes are taken for ours where they are mapped, and dropped elsewhere (security 30)", () => {
  const scopeMapping = { 'photos.read': ['image:read'], all: ['image:read', 'image:write'], none: [] };
  const mapping = createVerifier({ issuers: [{ view, audience: AUDIENCE, scopeMapping }], now });
  const scopes = (scope: string) => principalOf(mapping.verify(tokenOf(ISSUER, key, { scope }))).scopes;
  expect(scopes('photos.read')).toEqual(['image:read']);
  expect(scopes('all photos.read')).toEqual(['image:read', 'image:write']);
  expect(scopes('none image:write constructor __proto__ toString')).toEqual([]);
});

test('signed bytes are taken as they were sent, whatever they would be written like (security 18, 19)', () => {
  const claims = `{"iss":"http://evil.test","iss":"${ISSUER}","aud":"${AUDIENCE}","sub":"guest","client_id":"app","jti":"1","iat":${NOW_SECONDS},"exp":1,"exp":${NOW_SECONDS + 60},"__proto__":{"scope":"admin"},"constructor":1}`;
  const encoded = (text: string) => Buffer.from(text).toString('base64url');
  const input = `${encoded('{"alg":"none","alg":"ES256","typ":"at+jwt","kid":"kid"}')}.${encoded(claims)}`;
  const signature = sign('sha256', Buffer.from(input), { key: key.privateKey, dsaEncoding: 'ieee-p1363' });
  const principal = principalOf(verifier.verify(`${input}.${signature.toString('base64url')}`));
  // The last one wins, for every check and for every use.
  expect(principal).toMatchObject({ issuer: ISSUER, expiresAt: NOW_SECONDS + 60, scopes: [] });
});

test('with status lists every token must name its status, well (security 92, 93, 94)', async () => {
  await using desk = await openDesk();
  const list = desk.addList('1', 64);
  using opened = await openView(desk);
  const reference = (uri: unknown, idx: unknown) =>
    opened.judge(desk.token({ status: { status_list: { uri, idx } } }));
  expect(reference(list.uri, 63)).toBe('accepted');
  expect(reference(list.uri, 64)).toBe('revoked');
  expect(reference(list.uri, 2 ** 52)).toBe('revoked');
  for (const idx of [-1, 0.5, '0', null, undefined, [0], true, 2 ** 53, 1e300])
    expect(reference(list.uri, idx)).toBe('bad-claims');
  for (const uri of [undefined, null, 1, [list.uri], { uri: list.uri }])
    expect(reference(uri, 0)).toBe('bad-claims');
  for (const uri of [
    '',
    'http://evil.test/lists/1',
    `${list.uri}/`,
    `${list.uri}?x`,
    list.uri.toUpperCase(),
    '__proto__',
  ])
    expect(reference(uri, 0)).toBe('unknown-status');
  for (const status of [
    undefined,
    null,
    0,
    'valid',
    [],
    {},
    { status_list: null },
    { status_list: [] },
    { other: {} },
  ])
    expect(opened.judge(desk.token({ status }))).toBe('bad-claims');
  // The actors' count as well, where they have one.
  const status = list.status(1);
  expect(opened.judge(desk.token({ status, act: { sub: 'data' } }))).toBe('accepted');
  expect(opened.judge(desk.token({ status, act: { sub: 'data', status: list.status(2) } }))).toBe('accepted');
  expect(opened.judge(desk.token({ status, act: { sub: 'data', status: list.status(64) } }))).toBe('revoked');
  expect(opened.judge(desk.token({ status, act: { sub: 'data', status: null } }))).toBe('bad-claims');
  expect(opened.judge(desk.token({ act: { sub: 'data', status: list.status(2) } }))).toBe('bad-claims');
});

test('a status is looked at only after the token itself was found good (security 94)', async () => {
  await using desk = await openDesk();
  const list = desk.addList('1', 64);
  list.revoke(1);
  using opened = await openView(desk);
  const status = list.status(1);
  expect(opened.judge(desk.token({ status }))).toBe('revoked');
  expect(opened.judge(desk.token({ status, aud: 'urn:other' }))).toBe('wrong-audience');
  expect(opened.judge(desk.token({ status }, {}, { ...createKey(), kid: desk.keys[0]?.kid ?? '' }))).toBe(
    'bad-signature',
  );
});

test('texts of any size and kind are refused at once, and nothing throws (security 15, 17, 24, 27, 33)', () => {
  const random = createRandom(announceSeed('any text'));
  const token = tokenOf(ISSUER, key);
  for (const text of [
    '',
    '.',
    '..',
    '...',
    '\0',
    '🔑',
    '\ud800.\udfff.x',
    'a.b.c',
    'x'.repeat(8 * 1024 * 1024),
    `${token}.`,
    '.'.repeat(100_000),
  ])
    expect(verifier.verify(text).ok).toBe(false);
  for (let time = 0; time < 20_000; time += 1) {
    const text = Array.from({ length: random.below(60) }, () =>
      String.fromCharCode(random.below(random.pick([128, 0x10000]))),
    ).join('');
    expect(verifier.verify(text).ok).toBe(false);
  }
  expect(nameOf(verifier.verify(tokenOf(ISSUER, key, { padding: 'x'.repeat(8_192) })))).toBe('too-large');
});

test.each([undefined, null, 0, {}, [], Symbol('token'), new String('a.b.c'), Buffer.from('a.b.c')])(
  'what is no text is no token: %o (security 15, 33)',
  (value) => {
    for (const maxCachedTokens of [0, 10]) {
      const fresh = createVerifier({ issuers: [{ view, audience: AUDIENCE }], now, maxCachedTokens });
      expect(fresh.verify(value as string)).toEqual({ ok: false, reason: 'malformed' });
      expect(fresh.counts.refused).toEqual(new Map([['malformed', 1]]));
    }
  },
);

test('every single bit of a token matters (security 23)', () => {
  const token = tokenOf(ISSUER, key);
  const parts = token.split('.').map((part) => Buffer.from(part, 'base64url'));
  for (const [at, part] of parts.entries()) {
    for (let bit = 0; bit < part.length * 8; bit += 1) {
      const flipped = Buffer.from(part);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const text = parts
        .map((same, index) => (index === at ? flipped : same).toString('base64url'))
        .join('.');
      if (verifier.verify(text).ok) throw new Error(`bit ${bit} of part ${at} makes no difference`);
    }
  }
  expect(verifier.verify(token).ok).toBe(true);
});

test('what is refused without a signature costs less than what is accepted (security 52)', () => {
  const forgetful = createVerifier({ issuers: [{ view, audience: AUDIENCE }], now, maxCachedTokens: 0 });
  const good = tokenOf(ISSUER, key);
  const medianCost = (token: string): number => {
    const costs = Array.from({ length: 500 }, () => {
      const startedAt = performance.now();
      forgetful.verify(token);
      return performance.now() - startedAt;
    });
    return costs.sort((one, other) => one - other)[250] ?? NaN;
  };
  medianCost(good);
  const accepted = medianCost(good);
  for (const bad of [
    'x'.repeat(8_000),
    tokenOf('http://other.test', key),
    tokenOf(ISSUER, createKey('unknown')),
  ])
    expect(medianCost(bad)).toBeLessThan(accepted / 2);
});

test('what is counted adds up', () => {
  const fresh = createVerifier({ issuers: [{ view, audience: AUDIENCE }], now });
  const token = tokenOf(ISSUER, key);
  for (let time = 0; time < 5; time += 1) fresh.verify(token);
  fresh.verify('x');
  fresh.verify(tokenOf(ISSUER, key, { aud: 'urn:other' }));
  const { accepted, cacheHits, refused, cachedTokens } = fresh.counts;
  expect({ accepted, cacheHits, cachedTokens }).toEqual({ accepted: 5, cacheHits: 4, cachedTokens: 1 });
  expect(refused).toEqual(
    new Map([
      ['malformed', 1],
      ['wrong-audience', 1],
    ]),
  );
});

test('wrong use throws, a bad token never (security 6, 7, 33)', () => {
  const twice = { view, audience: AUDIENCE };
  for (const issuers of [
    [],
    [twice, twice],
    [{ view, audience: [] }],
    [{ view, audience: '' }],
    [{ view, audience: ['x', ''] }],
  ])
    expect(() => createVerifier({ issuers })).toThrow(TypeError);
});

test.each([-1, 2.5, NaN, Infinity, 2 ** 53, '10', null])('%o tokens cannot be kept', (count) => {
  const maxCachedTokens = count as number;
  expect(() => createVerifier({ issuers: [{ view, audience: AUDIENCE }], maxCachedTokens })).toThrow(
    new TypeError('createVerifier needs a whole number of tokens for maxCachedTokens, or 0 for none'),
  );
});

test.each([0, 1, 7, 50_001])('%i tokens can be kept, and no more are', (maxCachedTokens) => {
  const fresh = createVerifier({ issuers: [{ view, audience: AUDIENCE }], now, maxCachedTokens });
  for (let jti = 0; jti < 20; jti += 1)
    expect(fresh.verify(tokenOf(ISSUER, key, { jti: String(jti) })).ok).toBe(true);
  expect(fresh.counts.cachedTokens).toBeLessThanOrEqual(maxCachedTokens);
});

test('fewer tokens are kept where each has many scopes, and where each is long (security 28)', () => {
  const kept = (scopes: number, padding: number): number => {
    const fresh = createVerifier({ issuers: [{ view, audience: AUDIENCE }], now, maxCachedTokens: 100 });
    for (let jti = 0; jti < 300; jti += 1) {
      const scope = Array.from({ length: scopes }, (_, at) => `${jti}:${at}`).join(' ');
      fresh.verify(tokenOf(ISSUER, key, { jti: String(jti), scope, padding: 'x'.repeat(padding) }));
    }
    return fresh.counts.cachedTokens;
  };
  expect(kept(7, 300)).toBeGreaterThan(75);
  expect(kept(100, 0)).toBeLessThan(30);
  expect(kept(0, 5_000)).toBeLessThan(30);
});
