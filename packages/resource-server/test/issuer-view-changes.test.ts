import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { createKey, openDesk, PATHS } from './desk.ts';
import { openView } from './view.ts';

test('a new key is accepted after the next look, and the old one as long as it is published (security 29, 37, 41)', async () => {
  await using desk = await openDesk();
  const list = desk.addList('1');
  using opened = await openView(desk);
  const { view, judge } = opened;
  const [oldKey] = desk.keys;
  const newKey = createKey();
  const oldToken = desk.token({ status: list.status(1) }, {}, oldKey);
  const newToken = desk.token({ status: list.status(2) }, {}, newKey);
  expect(judge(oldToken)).toBe('accepted');
  expect(judge(newToken)).toBe('unknown-key');
  desk.keys.push(newKey);
  await view.refresh();
  expect(judge(oldToken)).toBe('accepted');
  expect(judge(newToken)).toBe('accepted');
});

test('the tokens of a withdrawn key are refused after the next look, cached ones too (security 38)', async () => {
  await using desk = await openDesk();
  using opened = await openView(desk, { listsToo: false });
  const { view, judge } = opened;
  const token = desk.token();
  const [oldKey] = desk.keys;
  expect(judge(token)).toBe('accepted');
  desk.keys = [createKey()];
  await view.refresh();
  expect(judge(token)).toBe('unknown-key');
  expect(judge(desk.token())).toBe('accepted');
  if (oldKey) desk.keys.push(oldKey);
  await view.refresh();
  expect(judge(token)).toBe('accepted');
});

test('what a leaked key has set in a list stays in it, and in no other; what it has cleared was never cleared (security 38, 99)', async () => {
  await using desk = await openDesk();
  const list = desk.addList('1');
  list.revoke(5);
  using opened = await openView(desk);
  const [leaked] = desk.keys;
  list.key = leaked;
  list.bytes = Buffer.alloc(128);
  await opened.view.refresh();
  expect(opened.judge(desk.token({ status: list.status(5) }))).toBe('revoked');
  list.bytes = Buffer.alloc(128, 0xff);
  await opened.view.refresh();
  desk.keys = [createKey()];
  list.key = undefined;
  list.bytes = Buffer.alloc(128);
  list.revoke(5);
  const next = desk.addList('2');
  await opened.view.refresh();
  using restarted = await openView(desk);
  for (const [index, before, after] of [
    [5, 'revoked', 'revoked'],
    [6, 'revoked', 'accepted'],
  ] as const) {
    const token = desk.token({ status: list.status(index) });
    expect(opened.judge(token)).toBe(before);
    expect(restarted.judge(token)).toBe(after);
  }
  expect(opened.judge(desk.token({ status: next.status(6) }))).toBe('accepted');
});

test('a kid that names another key now means that one alone (security 6, 38)', async () => {
  await using desk = await openDesk();
  desk.keys = [createKey('kid')];
  using opened = await openView(desk, { listsToo: false });
  const { view, judge } = opened;
  const oldToken = desk.token();
  expect(judge(oldToken)).toBe('accepted');
  desk.keys = [createKey('kid')];
  await view.refresh();
  expect(judge(oldToken)).toBe('bad-signature');
  expect(judge(desk.token())).toBe('accepted');
});

test('a revoked token is refused after the next look, also by a verifier that starts then (security 84)', async () => {
  await using desk = await openDesk();
  const list = desk.addList('1');
  using opened = await openView(desk);
  const token = desk.token({ status: list.status(5) });
  expect(opened.judge(token)).toBe('accepted');
  list.revoke(5);
  await opened.view.refresh();
  using restarted = await openView(desk);
  expect(opened.judge(token)).toBe('revoked');
  expect(restarted.judge(token)).toBe('revoked');
});

test('whoever acts in a token can be revoked as well (security 104)', async () => {
  await using desk = await openDesk();
  const list = desk.addList('1');
  using opened = await openView(desk);
  const act = { sub: 'data', status: list.status(8), act: { sub: 'profile', status: list.status(9) } };
  const tokens = [act, act.act].map((actor) => desk.token({ status: list.status(1), act: actor }));
  for (const token of tokens) expect(opened.judge(token)).toBe('accepted');
  list.revoke(9);
  await opened.view.refresh();
  for (const token of tokens) expect(opened.judge(token)).toBe('revoked');
});

test('10,000 tokens with random kids cause one look per cool-down (security 5, 25)', async () => {
  await using desk = await openDesk();
  using opened = await openView(desk, { coolDownMs: 3_600_000, listsToo: false });
  const before = desk.requestsFor(PATHS.jwks);
  for (let round = 0; round < 40; round += 1) {
    for (let at = 0; at < 250; at += 1)
      expect(opened.judge(`${head({ kid: randomUUID() })}.${payload(desk.issuer)}.AAAA`)).toBe('unknown-key');
    // The desk answers others meanwhile: there is time for more looks, if more were wanted.
    await (await fetch(desk.statusListsUrl)).text();
  }
  expect(desk.requestsFor(PATHS.jwks) - before).toBe(1);
});

test('a flood that outlasts the cool-down causes no more than one look in each (security 25)', async () => {
  await using desk = await openDesk();
  const coolDownMs = 50;
  using opened = await openView(desk, { coolDownMs, listsToo: false });
  const before = desk.requestsFor(PATHS.jwks);
  const startedAt = performance.now();
  while (performance.now() - startedAt < coolDownMs * 6) {
    for (let at = 0; at < 100; at += 1)
      opened.judge(`${head({ kid: randomUUID() })}.${payload(desk.issuer)}.AAAA`);
    await new Promise(setImmediate);
  }
  const elapsed = performance.now() - startedAt;
  const looks = desk.requestsFor(PATHS.jwks) - before;
  expect(looks).toBeGreaterThan(1);
  expect(looks).toBeLessThanOrEqual(Math.ceil(elapsed / coolDownMs) + 1);
});

test('a token of a key that was published since is accepted soon, without waiting for the poll (security 29)', async () => {
  await using desk = await openDesk();
  using opened = await openView(desk, { listsToo: false });
  const key = createKey();
  desk.keys.push(key);
  const token = desk.token({}, {}, key);
  expect(opened.judge(token)).toBe('unknown-key');
  await expect.poll(() => opened.judge(token)).toBe('accepted');
});

test('a token of a list that was published since is accepted soon, without waiting for the poll', async () => {
  await using desk = await openDesk();
  using opened = await openView(desk);
  const token = desk.token({ status: desk.addList('new').status(1) });
  expect(opened.judge(token)).toBe('unknown-status');
  await expect.poll(() => opened.judge(token)).toBe('accepted');
});

test('nothing that a token names is ever fetched (security 4, 5, 93)', async () => {
  await using desk = await openDesk();
  await using elsewhere = await openDesk({ issuer: 'http://elsewhere.test' });
  const foreign = elsewhere.addList('1');
  using opened = await openView(desk, { coolDownMs: 0 });
  const [evilKey] = elsewhere.keys;
  const address = elsewhere.jwksUrl;
  for (const [claims, header] of [
    [{ iss: elsewhere.origin }, {}],
    [{ iss: elsewhere.issuer }, {}],
    [{}, { jku: address }],
    [{}, { x5u: address }],
    [{}, { kid: address }],
    [{}, { jwk: evilKey?.jwk }],
  ] as const)
    expect(opened.judge(desk.token(claims, header, evilKey))).not.toBe('accepted');
  // A genuine token, whose status is said to be elsewhere.
  const status = { status_list: { uri: `${elsewhere.origin}${foreign.path}`, idx: 1 } };
  expect(opened.judge(desk.token({ status }))).toBe('unknown-status');
  await opened.view.refresh();
  for (const path of [PATHS.jwks, PATHS.lists, foreign.path]) expect(elsewhere.requestsFor(path)).toBe(0);
});

test('polling alone sees new keys, new lists and revocations (security 29, 84)', async () => {
  await using desk = await openDesk();
  const list = desk.addList('1');
  using opened = await openView(desk, { pollMs: 20, coolDownMs: 3_600_000 });
  const token = desk.token({ status: list.status(5) });
  expect(opened.judge(token)).toBe('accepted');
  list.revoke(5);
  await expect.poll(() => opened.judge(token)).toBe('revoked');
  const key = createKey();
  desk.keys = [key];
  const newToken = desk.token({ status: desk.addList('2').status(1) }, {}, key);
  await expect.poll(() => opened.judge(newToken)).toBe('accepted');
});

test('looks do not pile up: a call during a look is answered by one more (security 40)', async () => {
  await using desk = await openDesk();
  let underWay = 0;
  let most = 0;
  const jwks = JSON.stringify({ keys: desk.keys.map((key) => key.jwk) });
  desk.answers.set(PATHS.jwks, (response) => {
    underWay += 1;
    most = Math.max(most, underWay);
    setImmediate(() => {
      underWay -= 1;
      response.end(jwks);
    });
  });
  using opened = await openView(desk, { listsToo: false });
  const before = desk.requestsFor(PATHS.jwks);
  await Promise.all(
    Array.from({ length: 100 }, async () => {
      await opened.view.refresh();
      await opened.view.refresh();
    }),
  );
  expect(most).toBe(1);
  expect(desk.requestsFor(PATHS.jwks) - before).toBeLessThanOrEqual(3);
});

function head(members: object): string {
  return encode({ alg: 'ES256', typ: 'at+jwt', ...members });
}

function payload(issuer: string): string {
  return encode({ iss: issuer });
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
