import { hash } from 'node:crypto';
import { expect, test } from 'vitest';
import { AVATAR, KEPT, openExport, PICTURES, type Answer } from './open-export.ts';
import { readArchive } from './read-archive.ts';

const json = (files: ReadonlyMap<string, Buffer>, path: string): unknown =>
  JSON.parse(String(files.get(path)));

test('an export holds all that a user has, in this service and the others, and says last what it holds', async () => {
  await using data = await openExport();
  const text = '{"b": 1e300, "a" : 0.10}';
  const headers = { 'content-type': 'application/json' };
  const created = await data.mia('POST', '/data/collections/notes/documents', { headers, body: text });
  for (const _ of Array.from({ length: 120 }))
    await data.mia('POST', '/data/collections/wishes/documents', { body: { pillow: 'soft' } });
  const { id } = created.json as { id: string };
  const share = `/data/collections/notes/documents/${id}/shares/ben`;
  await data.mia('PUT', share, { body: { access: 'read' } });
  const bens = await data.ben('POST', '/data/collections/ours/documents', { body: {} });
  const theirs = `/data/collections/ours/documents/${bens.json.id}/shares/mia`;
  await data.ben('PUT', theirs, { body: { access: 'write' } });

  const answer = await data.download();
  expect([answer.status, answer.headers.get('content-type'), answer.headers.get('cache-control')]).toEqual([
    200,
    'application/zip',
    'no-store',
  ]);
  expect(answer.headers.get('content-disposition')).toMatch(
    /^attachment; filename="roomkey-[\d-]{10}\.zip"$/,
  );
  const files = await readArchive(Buffer.from(await answer.arrayBuffer()));
  expect([...files.keys()]).toEqual([
    'auth/account.json',
    'auth/sessions.json',
    'profile/profile.json',
    'profile/avatar.webp',
    'data/collections/notes.json',
    'data/collections/wishes.json',
    'data/shared-with-me.json',
    ...PICTURES.flatMap((picture) => [`image/${picture.id}.jpg`, `image/${picture.id}.json`]),
    'manifest.json',
  ]);

  expect(json(files, 'auth/account.json')).toEqual(KEPT.ACCOUNT);
  expect(json(files, 'auth/sessions.json')).toEqual(KEPT.SESSIONS.sessions);
  expect(json(files, 'profile/profile.json')).toEqual(KEPT.PROFILE);
  expect(files.get('profile/avatar.webp')).toEqual(AVATAR);
  for (const picture of PICTURES) {
    expect(files.get(`image/${picture.id}.jpg`)).toEqual(picture.bytes);
    expect(json(files, `image/${picture.id}.json`)).toMatchObject({ id: picture.id, width: 8 });
  }
  const sharedWith = [{ subject: 'ben', access: 'read', since: expect.any(String) }];
  expect(json(files, 'data/collections/notes.json')).toMatchObject([{ id, version: 1, sharedWith }]);
  // As it was written: every blank and every digit.
  expect(String(files.get('data/collections/notes.json'))).toContain(`"document":${text}}`);
  expect(json(files, 'data/collections/wishes.json')).toHaveLength(120);
  expect(json(files, 'data/shared-with-me.json')).toMatchObject([
    { id: bens.json.id, owner: 'ben', collection: 'ours', access: 'write' },
  ]);

  const manifest = json(files, 'manifest.json') as { files: unknown; counts: unknown };
  expect(manifest).toMatchObject({ format: 'roomkey-export/1', issuer: 'http://desk.test', subject: 'mia' });
  expect(manifest.counts).toEqual({
    accounts: 1,
    sessions: 2,
    profiles: 1,
    avatars: 1,
    documents: 121,
    sharedWithMe: 1,
    images: 3,
  });
  const packed = [...files].slice(0, -1);
  expect(manifest.files).toEqual(
    packed.map(([path, bytes]) => ({ path, bytes: bytes.length, sha256: hash('sha256', bytes) })),
  );
});

test('HEAD tells what GET would answer, and asks for no more than that takes (RFC 9110 §9.3.2)', async () => {
  await using data = await openExport();
  const get = await data.download();
  await get.arrayBuffer();
  const before = data.elsewhere.received.length;
  const head = await data.download({ jti: 'head' }, { method: 'HEAD' });
  expect([head.status, (await head.arrayBuffer()).byteLength]).toEqual([200, 0]);
  const own = new Set(['date', 'x-request-id']);
  const headersOf = ({ headers }: Response) =>
    [...headers].filter(([name]) => !own.has(name) && name !== 'transfer-encoding');
  expect(headersOf(head)).toEqual(headersOf(get));
  const asked = data.elsewhere.received.slice(before).map(({ path }) => path);
  expect(asked.toSorted()).toEqual([
    '/auth/accounts/current',
    '/auth/sessions',
    '/image/images?limit=100',
    '/profile/me',
  ]);
  data.answers.now = at('/image', null);
  expect((await data.download({ jti: 'away' }, { method: 'HEAD' })).status).toBe(503);
  expect((await data.download({ scope: 'data:write' }, { method: 'HEAD' })).status).toBe(403);
});

test('each service is asked with a token that is for it alone and can only read (security 103, 107)', async () => {
  await using data = await openExport();
  await (await data.download()).arrayBuffer();
  const forms = data.asked.received.map(({ body }) => new URLSearchParams(body.toString()));
  const targets = forms.map((form) => `${form.getAll('resource').join(' ')} ${form.get('scope')}`);
  expect(targets.toSorted()).toEqual([
    'http://test/auth account:read',
    'http://test/image image:read',
    'http://test/profile profile:read',
  ]);
  for (const { path, method, headers } of data.elsewhere.received) {
    const scope = { auth: 'account:read', image: 'image:read', profile: 'profile:read' }[
      path.split('/')[1] ?? ''
    ];
    expect(method).toBe('GET');
    expect(headers['authorization']).toBe(`Bearer http://test/${path.split('/')[1]}#${scope}`);
  }
});

test('who has nothing anywhere gets an archive that says so', async () => {
  await using data = await openExport();
  data.answers.now = (path) => {
    if (path.startsWith('/profile')) return { status: 404 };
    return path.startsWith('/image') ? { body: { items: [] } } : undefined;
  };
  const files = await readArchive(Buffer.from(await (await data.download()).arrayBuffer()));
  expect(json(files, 'manifest.json')).toMatchObject({ counts: { accounts: 1, sessions: 2 } });
  expect([...files.keys()]).toEqual([
    'auth/account.json',
    'auth/sessions.json',
    'data/shared-with-me.json',
    'manifest.json',
  ]);
});

const refused = (error: string): Answer => ({ status: 400, body: { error } });
const at = (path: string, answer: Answer) => (asked: string) => (asked.startsWith(path) ? answer : undefined);

const FAULTS: readonly (readonly [
  string,
  Answer | undefined,
  (path: string) => Answer | undefined,
  number,
])[] = [
  ['a token that is not good for the others', refused('invalid_scope'), () => undefined, 403],
  ['a token that has ended meanwhile', refused('invalid_grant'), () => undefined, 401],
  ['a desk that is away', null, () => undefined, 503],
  ['image away', undefined, at('/image', null), 503],
  ['profile broken', undefined, at('/profile', { status: 500 }), 503],
  ['auth with too much to do', undefined, at('/auth', { status: 429 }), 503],
  ['image forbidding', undefined, at('/image', { status: 403 }), 502],
  ['auth without the account', undefined, at('/auth/accounts', { status: 404 }), 502],
  ['profile talking of something else', undefined, at('/profile/me', { body: '<html>' }), 502],
  [
    'image listing what are no images',
    undefined,
    at('/image/images?', { body: { items: [{ id: '../x' }] } }),
    502,
  ],
];

test('what is wrong before the first byte is a problem that says what it is (security 151)', async () => {
  await using data = await openExport();
  for (const [what, desk, now, status] of FAULTS) {
    Object.assign(data.answers, { desk, now });
    // With a token that was never seen: none that was exchanged before is there to be used.
    const answer = await data.download({ jti: what });
    const { type, detail } = (await answer.json()) as Record<string, string>;
    expect({ what, status: answer.status }).toEqual({ what, status });
    expect(type).toMatch(/^urn:roomkey:problem:/);
    expect(detail).not.toContain('http://test');
    expect(answer.headers.get('retry-after')).toBe(status === 503 ? '1' : null);
  }
});

test('a token that is not good for the others is told which scopes it takes', async () => {
  await using data = await openExport();
  data.answers.desk = refused('invalid_scope');
  const answer = await data.download();
  const scopes = 'data:read account:read image:read profile:read';
  const challenge = `Bearer error="insufficient_scope", scope="${scopes}"`;
  expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([403, challenge]);
  expect(((await answer.json()) as { detail: string }).detail).toContain(scopes);
});

test('what cannot be had once it has begun breaks the download: never a whole archive that lacks something', async () => {
  await using data = await openExport();
  const [, second] = PICTURES;
  const faults = [
    at(`/image/images/${second?.id}/original`, null),
    at(`/image/images/${second?.id}/original`, { status: 500 }),
    at(`/image/images/${second?.id}/original`, {
      body: 'cut',
      headers: { 'content-length': '1000', connection: 'close' },
    }),
    at('/image/images?limit=100&cursor', { status: 503 }),
    at('/image/images?limit=100&cursor', { body: '<html>' }),
    at('/profile/profiles', null),
  ];
  for (const [index, now] of faults.entries()) {
    data.answers.now = now;
    const answer = await data.download({ jti: `fault-${index}` });
    expect(answer.status).toBe(200);
    await expect(answer.arrayBuffer()).rejects.toThrow('terminated');
  }
});

test('a picture that was deleted since it was listed is not missing, and a picture taken off neither', async () => {
  await using data = await openExport();
  const [first] = PICTURES;
  data.answers.now = (path) =>
    path.includes(`${first?.id}`) || path.startsWith('/profile/profiles') ? { status: 404 } : undefined;
  const files = await readArchive(Buffer.from(await (await data.download()).arrayBuffer()));
  expect([...files.keys()].filter((path) => path.includes(String(first?.id)))).toEqual([]);
  expect(json(files, 'manifest.json')).toMatchObject({ counts: { images: 2, profiles: 1 } });
  expect(files.has('profile/avatar.webp')).toBe(false);
});

test('the token must be one that reads here', async () => {
  await using data = await openExport();
  expect((await data.download({ scope: 'data:write' })).status).toBe(403);
  expect(data.asked.received).toHaveLength(0);
});
