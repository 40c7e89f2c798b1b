import { deflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { BAD_ANSWERS, redirectsTo, type BadAnswer } from './bad-answers.ts';
import { createKey, openDesk, PATHS, signJws, type Desk, type DeskList } from './desk.ts';
import { openView, type OpenedView } from './view.ts';

const LIST_PATH = '/lists/1';
const json = (name: string, value: unknown): BadAnswer => ({
  name,
  answer: (response) => response.end(JSON.stringify(value)),
});

interface Scene extends AsyncDisposable {
  readonly desk: Desk;
  readonly list: DeskList;
  readonly opened: OpenedView;
  /** Fails when anything is judged otherwise than while all was well. */
  readonly expectSameVerdicts: () => void;
}

const REVOKED = 3;

/** A desk, a view of it that has seen everything, and tokens whose verdicts must not change. */
async function openScene(options: Parameters<typeof openView>[1] = {}): Promise<Scene> {
  const desk = await openDesk();
  const list = desk.addList('1');
  list.revoke(REVOKED);
  const opened = await openView(desk, options);
  const cached = desk.token({ status: list.status(1) });
  expect(opened.judge(cached)).toBe('accepted');
  return {
    desk,
    list,
    opened,
    expectSameVerdicts() {
      expect(opened.judge(cached)).toBe('accepted');
      const { judge } = opened;
      expect(judge(desk.token({ status: list.status(2) }))).toBe('accepted');
      expect(judge(desk.token({ status: list.status(REVOKED) }))).toBe('revoked');
      const forged = desk.token(
        { status: list.status(2) },
        {},
        { ...createKey(), kid: desk.keys[0]?.kid ?? '' },
      );
      expect(judge(forged)).toBe('bad-signature');
    },
    async [Symbol.asyncDispose]() {
      opened[Symbol.dispose]();
      await desk[Symbol.asyncDispose]();
    },
  };
}

/** After the fault the view sees by itself what has changed meanwhile. */
async function expectRecovery({ desk, list, opened, expectSameVerdicts }: Scene): Promise<void> {
  const { judge, view } = opened;
  const newKey = createKey();
  desk.keys.push(newKey);
  list.revoke(9);
  await view.refresh();
  expect(judge(desk.token({ status: list.status(2) }, {}, newKey))).toBe('accepted');
  expect(judge(desk.token({ status: list.status(9) }))).toBe('revoked');
  expect(view.ageMs()).toBeLessThan(60_000);
  expectSameVerdicts();
}

describe.each([
  ['the keys', PATHS.jwks],
  ['the aggregation', PATHS.lists],
  ['a status list', LIST_PATH],
])('%s', (_name, path) => {
  test.concurrent.each(BAD_ANSWERS)(
    'answered with $name change no verdict (security 39, 40)',
    async ({ answer, isEndless }) => {
      await using scene = await openScene(isEndless ? { timeoutMs: 1_500 } : {});
      const { desk, opened } = scene;
      desk.answers.set(path, answer);
      await opened.view.refresh();
      expect(opened.errors.length).toBeGreaterThan(0);
      scene.expectSameVerdicts();
      desk.answers.delete(path);
      await expectRecovery(scene);
    },
  );

  test('redirects are not followed (security 40, 97)', async () => {
    await using elsewhere = await openDesk();
    elsewhere.addList('1');
    for (const { answer } of redirectsTo(elsewhere)) {
      await using scene = await openScene();
      scene.desk.answers.set(path, answer);
      await scene.opened.view.refresh();
      expect(scene.opened.errors).toHaveLength(1);
      scene.expectSameVerdicts();
      const [evilKey] = elsewhere.keys;
      expect(scene.opened.judge(scene.desk.token({}, {}, evilKey))).not.toBe('accepted');
    }
    expect(elsewhere.requestsFor(path)).toBe(0);
  });

  test('garbage with a tag does not become what is unchanged (security 39)', async () => {
    await using scene = await openScene();
    const { desk, opened } = scene;
    desk.answers.set(path, (response, request) => {
      const isKnown = request.headers['if-none-match'] === '"garbage"';
      response.writeHead(isKnown ? 304 : 200, { etag: '"garbage"' }).end(isKnown ? undefined : 'garbage');
    });
    await opened.view.refresh();
    await opened.view.refresh();
    expect(opened.errors).toHaveLength(2);
    scene.expectSameVerdicts();
    desk.answers.delete(path);
    await expectRecovery(scene);
  });

  test('"unchanged", said of what was never seen, is nothing', async () => {
    await using desk = await openDesk();
    const list = desk.addList('1');
    desk.answers.set(path, (response) => response.writeHead(304).end());
    using opened = await openView(desk);
    expect(opened.errors).toHaveLength(path === PATHS.jwks ? 2 : 1);
    expect(opened.judge(desk.token({ status: list.status(1) }))).not.toBe('accepted');
    desk.answers.delete(path);
    await opened.view.refresh();
    expect(opened.judge(desk.token({ status: list.status(1) }))).toBe('accepted');
  });
});

describe('the keys', () => {
  const { jwk } = createKey('twice');
  test.each([
    json('no key', { keys: [] }),
    json('no list of keys', { keys: { 0: jwk } }),
    json('things that are no keys', { keys: [null, 1, 'x', [], {}] }),
    json('unfit keys alone', {
      keys: [
        { ...jwk, alg: undefined },
        { ...jwk, use: 'enc' },
        { kty: 'oct', k: 'AAAA', kid: 'x', alg: 'HS256' },
      ],
    }),
    json('one kid twice', { keys: [jwk, createKey('twice').jwk] }),
  ])('answered with $name change no verdict (security 35, 39)', async ({ answer }) => {
    await using scene = await openScene();
    scene.desk.answers.set(PATHS.jwks, answer);
    await scene.opened.view.refresh();
    expect(scene.opened.errors.length).toBeGreaterThan(0);
    scene.expectSameVerdicts();
    scene.desk.answers.delete(PATHS.jwks);
    await expectRecovery(scene);
  });

  test('among which some are unfit are taken without those', async () => {
    await using scene = await openScene();
    const { desk, list, opened } = scene;
    const unfit = { ...createKey(), jwk: { kty: 'oct', k: 'AAAA', kid: 'unfit', alg: 'HS256' } };
    const fit = createKey();
    desk.keys.push(unfit, fit);
    await opened.view.refresh();
    expect(opened.errors).toEqual([]);
    expect(opened.judge(desk.token({ status: list.status(1) }, {}, fit))).toBe('accepted');
    scene.expectSameVerdicts();
  });
});

describe('the aggregation', () => {
  test.each([
    json('no list of lists', { status_lists: 'http://desk.test/lists/1' }),
    json('numbers', { status_lists: [1, 2] }),
    json('too many lists', {
      status_lists: Array.from({ length: 257 }, (_, at) => `http://desk.test/lists/${at}`),
    }),
    json('a list of another server', {
      status_lists: ['http://desk.test/lists/1', 'http://evil.test/lists/1'],
    }),
    json('a list of a server whose name begins like the issuer', {
      status_lists: ['http://desk.test.evil.test/1'],
    }),
    json('a list below user information', { status_lists: ['http://desk.test@evil.test/1'] }),
  ])('answered with $name changes no verdict (security 93)', async ({ answer }) => {
    await using scene = await openScene();
    scene.desk.answers.set(PATHS.lists, answer);
    await scene.opened.view.refresh();
    expect(scene.opened.errors.map(String)).toEqual([expect.stringContaining('aggregation')]);
    scene.expectSameVerdicts();
    scene.desk.answers.delete(PATHS.lists);
    await expectRecovery(scene);
  });

  test('never makes the view fetch from another host, however the path is written (security 93)', async () => {
    await using elsewhere = await openDesk();
    const host = new URL(elsewhere.origin).host;
    for (const path of [
      `//${host}/lists/1`,
      `/\\${host}/lists/1`,
      `/%2F${host}/lists/1`,
      `/..//${host}/lists/1`,
    ]) {
      await using scene = await openScene();
      scene.desk.answers.set(PATHS.lists, (response) =>
        response.end(JSON.stringify({ status_lists: [scene.list.uri, `${scene.desk.issuer}${path}`] })),
      );
      await scene.opened.view.refresh();
      expect(scene.opened.errors).toHaveLength(1);
      scene.expectSameVerdicts();
    }
    expect(elsewhere.requestsFor('/lists/1')).toBe(0);
  });

  test('that names no list any more does not end one that is still good', async () => {
    await using scene = await openScene();
    const { desk, list, opened } = scene;
    desk.answers.set(PATHS.lists, (response) => response.end('{"status_lists": []}'));
    await opened.view.refresh();
    scene.expectSameVerdicts();
    // While it can be had, revocations go on arriving.
    list.revoke(11);
    await opened.view.refresh();
    expect(opened.judge(desk.token({ status: list.status(11) }))).toBe('revoked');
    desk.answers.set(LIST_PATH, (response) => response.writeHead(404).end());
    await opened.view.refresh();
    const asked = desk.requestsFor(LIST_PATH);
    await opened.view.refresh();
    expect(desk.requestsFor(LIST_PATH)).toBe(asked);
    scene.expectSameVerdicts();
    desk.answers.clear();
    await expectRecovery(scene);
  });
});

describe('a status list', () => {
  const forger = createKey();
  const soon = Math.floor(Date.now() / 1_000);
  const array = (bytes: Buffer, bits: unknown = 1) => ({
    bits,
    lst: deflateSync(bytes).toString('base64url'),
  });

  test.each<{ name: string; spoil: (list: DeskList, desk: Desk) => void }>([
    { name: 'signed by a key that is not published', spoil: (list) => (list.key = forger) },
    {
      name: 'signed by another key under the published kid',
      spoil: (list, desk) => (list.key = { ...forger, kid: desk.keys[0]?.kid ?? '' }),
    },
    { name: 'of type at+jwt', spoil: (list) => (list.header = { typ: 'at+jwt' }) },
    { name: 'of type JWT', spoil: (list) => (list.header = { typ: 'JWT' }) },
    { name: 'without a type', spoil: (list) => (list.header = { typ: undefined }) },
    { name: 'with alg none', spoil: (list) => (list.header = { alg: 'none' }) },
    { name: 'with another alg than its key', spoil: (list) => (list.header = { alg: 'RS256' }) },
    { name: 'with a critical extension', spoil: (list) => (list.header = { crit: ['exp'] }) },
    { name: 'without a kid', spoil: (list) => (list.header = { kid: undefined }) },
    {
      name: 'with a key of its own',
      spoil: (list) => ((list.key = forger), (list.header = { jwk: forger.jwk })),
    },
    { name: 'of another address', spoil: (list) => (list.claims = { sub: `${list.uri}0` }) },
    { name: 'without an address', spoil: (list) => (list.claims = { sub: undefined }) },
    { name: 'of another issuer', spoil: (list) => (list.claims = { iss: 'http://evil.test' }) },
    { name: 'without iat', spoil: (list) => (list.claims = { iat: undefined }) },
    { name: 'without exp', spoil: (list) => (list.claims = { exp: undefined }) },
    { name: 'without ttl', spoil: (list) => (list.claims = { ttl: undefined }) },
    { name: 'with ttl 0', spoil: (list) => (list.claims = { ttl: 0 }) },
    { name: 'with exp as text', spoil: (list) => (list.claims = { exp: String(soon + 900) }) },
    { name: 'that has expired', spoil: (list) => (list.claims = { iat: soon - 900, exp: soon - 1 }) },
    { name: 'of the future', spoil: (list) => (list.claims = { iat: soon + 600, exp: soon + 900 }) },
    { name: 'without an array', spoil: (list) => (list.claims = { status_list: undefined }) },
    { name: 'of another size', spoil: (list) => (list.claims = { status_list: array(Buffer.alloc(64)) }) },
    {
      name: 'of another width',
      spoil: (list) => (list.claims = { status_list: array(Buffer.alloc(128), 2) }),
    },
    {
      name: 'that inflates without end',
      spoil: (list) => (list.claims = { status_list: array(Buffer.alloc(64 * 1024 * 1024)) }),
    },
  ])('$name changes no verdict (security 88, 89, 91)', async ({ spoil }) => {
    await using scene = await openScene();
    const { desk, list, opened } = scene;
    // What it would say is that everybody but the revoked one is out.
    list.bytes = Buffer.alloc(128, 0xff);
    list.bytes[0] = 0xff - (1 << REVOKED);
    spoil(list, desk);
    await opened.view.refresh();
    expect(opened.errors).toHaveLength(1);
    scene.expectSameVerdicts();

    Object.assign(list, { bytes: Buffer.alloc(128), claims: {}, header: {}, key: undefined });
    list.revoke(REVOKED);
    await expectRecovery(scene);
  });

  test('that is older takes no revocation back (security 96, 99)', async () => {
    await using scene = await openScene();
    const { list, opened } = scene;
    list.bytes = Buffer.alloc(128);
    list.claims = { iat: soon - 300, exp: soon + 600 };
    await opened.view.refresh();
    expect(opened.errors).toEqual([]);
    scene.expectSameVerdicts();
    await expectRecovery(scene);
  });

  test('that is no list but an access token for that address is none (security 42, 88)', async () => {
    await using scene = await openScene();
    const { desk, list, opened } = scene;
    desk.answers.set(LIST_PATH, (response) =>
      response.end(desk.token({ sub: list.uri, ttl: 10, status_list: array(Buffer.alloc(128)) })),
    );
    await opened.view.refresh();
    expect(opened.errors).toHaveLength(1);
    scene.expectSameVerdicts();
  });

  test('is no access token either (security 8, 42)', async () => {
    await using scene = await openScene();
    const { desk, list, opened } = scene;
    const [key] = desk.keys;
    if (key === undefined) throw new Error('no key');
    const claims = JSON.parse(
      Buffer.from(desk.token({ status: list.status(1) }).split('.')[1] ?? '', 'base64url').toString(),
    );
    const listToken = signJws({ alg: 'ES256', typ: 'statuslist+jwt', kid: key.kid }, claims, key);
    expect(opened.judge(listToken)).toBe('wrong-type');
  });
});
