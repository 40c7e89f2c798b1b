import type { ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { followList } from '../src/followed-list.ts';
import { importVerificationKey } from '../src/index.ts';
import { createKey, openDesk, PATHS, type Desk, type DeskList } from './desk.ts';
import { openView, type OpenedView } from './view.ts';

const MAX_AGE_SECONDS = 900;

interface Scene extends AsyncDisposable {
  readonly desk: Desk;
  readonly list: DeskList;
  readonly opened: OpenedView;
  /** Moves everybody's clock. */
  pass(seconds: number): void;
}

async function openScene(listLifeSeconds = 900): Promise<Scene> {
  let nowMs = Date.now();
  const now = () => nowMs;
  const desk = await openDesk({ now });
  const list = desk.addList('1');
  const iat = Math.floor(nowMs / 1_000);
  if (listLifeSeconds !== 900) list.claims = { iat, exp: iat + listLifeSeconds };
  const opened = await openView(desk, { now, maxAgeSeconds: MAX_AGE_SECONDS });
  return {
    desk,
    list,
    opened,
    pass(seconds) {
      nowMs += seconds * 1_000;
    },
    async [Symbol.asyncDispose]() {
      opened[Symbol.dispose]();
      await desk[Symbol.asyncDispose]();
    },
  };
}

const fail = (desk: Desk, ...paths: string[]) => {
  for (const path of paths) desk.answers.set(path, (response) => response.writeHead(500).end());
};

test('an issuer that is away refuses no valid token for as long as is said, and every token beyond (security 39, 95, 149)', async () => {
  await using scene = await openScene();
  const { desk, list, opened } = scene;
  const { view, judge } = opened;
  list.revoke(7);
  await view.refresh();
  fail(desk, PATHS.jwks, PATHS.lists, list.path);

  scene.pass(MAX_AGE_SECONDS - 1);
  await view.refresh();
  const cached = desk.token({
    status: list.status(1),
    exp: Math.floor(Date.now() / 1_000) + 1_500,
  });
  expect(judge(cached)).toBe('accepted');
  expect(() => view.requireFresh()).not.toThrow();
  expect(view.ageMs()).toBe((MAX_AGE_SECONDS - 1) * 1_000);

  scene.pass(2);
  await view.refresh();
  expect(judge(cached)).toBe('stale-view');
  expect(judge(desk.token({ status: list.status(2) }))).toBe('stale-view');
  // What is known to be bad stays bad.
  expect(judge(desk.token({ status: list.status(7) }))).toBe('revoked');
  expect(judge(desk.token({}, {}, { ...createKey(), kid: desk.keys[0]?.kid ?? '' }))).toBe('bad-signature');
  expect(judge(desk.token({ aud: 'urn:other' }))).toBe('wrong-audience');
  expect(() => view.requireFresh()).toThrow('no view of http://desk.test younger than 900 s');

  desk.answers.clear();
  await view.refresh();
  expect(judge(cached)).toBe('accepted');
  expect(() => view.requireFresh()).not.toThrow();
  expect(view.ageMs()).toBe(0);
});

test('a view that never saw its issuer judges nothing, says so, and comes to itself (security 26, 95)', async () => {
  await using desk = await openDesk();
  fail(desk, PATHS.jwks);
  using opened = await openView(desk, { listsToo: false });
  expect(opened.judge(desk.token())).toBe('stale-view');
  expect(() => opened.view.requireFresh()).toThrow('no view');
  expect(opened.view.ageMs()).toBe(Infinity);
  desk.answers.clear();
  // Without being asked: it looks more often until it has seen something.
  await expect.poll(() => opened.judge(desk.token())).toBe('accepted');
});

test('a list that cannot be had any more ends its own tokens alone, and says so by its age (security 95)', async () => {
  await using scene = await openScene();
  const { desk, list, opened } = scene;
  const other = desk.addList('2');
  await opened.view.refresh();
  fail(desk, list.path);
  scene.pass(MAX_AGE_SECONDS + 1);
  await opened.view.refresh();
  expect(opened.judge(desk.token({ status: list.status(1) }))).toBe('stale-view');
  expect(opened.judge(desk.token({ status: other.status(1) }))).toBe('accepted');
  expect(opened.view.ageMs()).toBe((MAX_AGE_SECONDS + 1) * 1_000);
  expect(() => opened.view.requireFresh()).not.toThrow();
  desk.answers.clear();
  await opened.view.refresh();
  expect(opened.judge(desk.token({ status: list.status(1) }))).toBe('accepted');
  expect(opened.view.ageMs()).toBe(0);
});

test('a list that is "unchanged" for ever lasts no longer than it says itself (security 95)', async () => {
  await using scene = await openScene(600);
  const { desk, list, opened } = scene;
  scene.pass(500);
  await opened.view.refresh();
  expect(opened.judge(desk.token({ status: list.status(1) }))).toBe('accepted');
  scene.pass(101);
  // Its own tag would still be answered with 304; it is asked for whole, and is seen to have ended.
  await opened.view.refresh();
  expect(opened.errors).toHaveLength(1);
  expect(opened.judge(desk.token({ status: list.status(1) }))).toBe('stale-view');
  list.claims = {};
  await opened.view.refresh();
  expect(opened.judge(desk.token({ status: list.status(1) }))).toBe('accepted');
});

test('a list is renewed before it ends, so that no token falls between (security 95)', async () => {
  await using scene = await openScene(600);
  const { desk, list, opened } = scene;
  const conditions: unknown[] = [];
  desk.answers.set(list.path, (response, request) => {
    conditions.push(request.headers['if-none-match']);
    response.destroy();
  });
  scene.pass(500);
  await opened.view.refresh();
  scene.pass(50);
  await opened.view.refresh();
  expect(conditions).toEqual([expect.any(String), undefined]);
  desk.answers.clear();
  list.claims = {};
  await opened.view.refresh();
  scene.pass(60);
  expect(opened.judge(desk.token({ status: list.status(1) }))).toBe('accepted');
});

test('a list whose key was withdrawn is no longer taken for current, until it is signed anew (security 38, 89)', async () => {
  await using scene = await openScene(3_000);
  const { desk, list, opened } = scene;
  [list.key] = desk.keys;
  await opened.view.refresh();

  desk.keys = [createKey()];
  await opened.view.refresh();
  expect(opened.errors.map(String)).toEqual([expect.stringContaining('is signed by no key of')]);
  // It goes on as last known good …
  expect(opened.judge(desk.token({ status: list.status(1) }))).toBe('accepted');
  scene.pass(MAX_AGE_SECONDS + 1);
  await opened.view.refresh();
  // … and no longer than that.
  expect(opened.judge(desk.token({ status: list.status(1) }))).toBe('stale-view');
  list.key = undefined;
  await opened.view.refresh();
  expect(opened.judge(desk.token({ status: list.status(1) }))).toBe('accepted');
});

test('a list that is gone, and comes back, is judged by what it says then (security 99)', async () => {
  await using scene = await openScene(600);
  const { desk, list, opened } = scene;
  const cached = desk.token({ status: list.status(1), exp: Math.floor(Date.now() / 1_000) + 890 });
  expect(opened.judge(cached)).toBe('accepted');
  desk.lists = [];
  await opened.view.refresh();
  expect(opened.judge(cached)).toBe('accepted');
  scene.pass(601);
  await opened.view.refresh();
  const { judge } = opened;
  expect(judge(cached)).toBe('unknown-status');
  desk.lists = [list];
  list.claims = {};
  await opened.view.refresh();
  expect(judge(cached)).toBe('accepted');
  list.revoke(1);
  await opened.view.refresh();
  expect(judge(cached)).toBe('revoked');
});

test('an ended list is not brought back by a look that was under way', async () => {
  await using desk = await openDesk();
  const { uri, path } = desk.addList('1');
  const key = importVerificationKey(desk.keys[0]?.jwk, ['ES256']);
  const followed = followList({
    uri,
    url: `${desk.origin}${path}`,
    issuer: desk.issuer,
    key: () => key,
    maxAgeMs: 900_000,
    timeoutMs: 5_000,
    now: Date.now,
    signal: new AbortController().signal,
  });
  await followed.look();
  expect(followed.list?.goodUntilMs).toBeGreaterThan(Date.now());
  const asked = Promise.withResolvers<ServerResponse>();
  desk.answers.set(path, (response) => asked.resolve(response));
  const look = followed.look();
  const response = await asked.promise;
  followed.end();
  response.writeHead(304).end();
  await look;
  expect(followed.list?.goodUntilMs).toBe(-Infinity);
});

test.each([-30, 30])(
  'a verifier whose clock is %i s off refuses no fresh token (security 150)',
  async (seconds) => {
    await using desk = await openDesk();
    const list = desk.addList('1');
    using opened = await openView(desk, { now: () => Date.now() + seconds * 1_000 });
    expect(opened.errors).toEqual([]);
    expect(opened.judge(desk.token({ status: list.status(1) }))).toBe('accepted');
  },
);

test('only http and https addresses are looked at', async () => {
  await using desk = await openDesk();
  const jwks = `data:application/json,${encodeURIComponent(JSON.stringify({ keys: [createKey().jwk] }))}`;
  await expect(openView(desk, { jwksUrl: jwks })).rejects.toThrow(TypeError);
  await expect(openView(desk, { statusListsUrl: 'file:///etc/passwd' })).rejects.toThrow(TypeError);
  await expect(openView(desk, { eventsUrl: 'not an address' })).rejects.toThrow(TypeError);
});
