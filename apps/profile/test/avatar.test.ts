import { randomUUID } from 'node:crypto';
import { closedPort, openRecordingServer, type CannedAnswer } from '@roomkey/test-kit';
import { expect, test } from 'vitest';
import { openProfile } from './open-profile.ts';

const AVATAR = '/profile/me/avatar';
const SHOWN = '/profile/profiles/Mia/avatar';
const IMAGE = randomUUID();
const WEBP = Buffer.concat([Buffer.from('RIFF\0\0\0\0WEBP'), Buffer.alloc(500, 7)]);

const METADATA: CannedAnswer = { body: { id: IMAGE, width: 640, height: 480, visibility: 'private' } };
const PICTURE: CannedAnswer = { body: WEBP, headers: { 'content-type': 'image/webp' } };
const TOKEN: CannedAnswer = {
  body: {
    access_token: 'exchanged',
    issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    token_type: 'Bearer',
    expires_in: 300,
  },
};

/** `null` breaks the connection. */
type Answer = CannedAnswer | null;

interface Answers {
  readonly desk?: Answer;
  readonly metadata?: Answer;
  readonly picture?: Answer;
}

/** A user with a profile, and a desk and an image service that answer as they are told. */
async function openWithPeers() {
  const stack = new AsyncDisposableStack();
  const answers: { now: Answers } = { now: {} };
  const of = (name: keyof Answers, usual: CannedAnswer) => {
    const { [name]: answer = usual } = answers.now;
    return answer ?? undefined;
  };
  const desk = stack.use(await openRecordingServer(() => of('desk', TOKEN)));
  const image = stack.use(
    await openRecordingServer(({ path }) =>
      path.startsWith('/image/iiif') ? of('picture', PICTURE) : of('metadata', METADATA),
    ),
  );
  const profile = stack.use(await openProfile({ desk: desk.origin, image: image.origin }));
  const written = await profile.mia('PUT', '/profile/me', {
    headers: { 'if-none-match': '*' },
    body: { handle: 'Mia', displayName: 'Mia' },
  });
  expect(written.status).toBe(201);
  return { ...profile, image, answers, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

test('a user shows one of their images: a square copy of it, with a tag, and its path on the profile', async () => {
  await using profile = await openWithPeers();
  const set = await profile.mia('PUT', AVATAR, { body: { image: IMAGE } });
  expect(set.status).toBe(200);
  expect(set.json).toMatchObject({ avatar: SHOWN, avatarImage: IMAGE });
  expect([set.headers['etag'], set.headers['content-location']]).toEqual(['"2"', '/profile/me']);
  expect((await profile.mia('GET', '/profile/me')).json).toEqual(set.json);

  expect(profile.image.received.map(({ path }) => path)).toEqual([
    `/image/images/${IMAGE}`,
    `/image/iiif/${IMAGE}/80,0,480,480/256,256/0/default.webp`,
  ]);
  expect(profile.image.received.map(({ headers }) => headers['authorization'])).toEqual([
    'Bearer exchanged',
    'Bearer exchanged',
  ]);

  expect((await profile.ben('GET', '/profile/profiles/mia')).json).toEqual({
    handle: 'Mia',
    displayName: 'Mia',
    bio: '',
    links: [],
    avatar: SHOWN,
  });
  const shown = await profile.ben('GET', SHOWN);
  expect([shown.status, shown.headers['content-type'], shown.headers['content-length']]).toEqual([
    200,
    'image/webp',
    String(WEBP.length),
  ]);
  expect(shown.headers['cache-control']).toBe('private, no-cache');
  const again = await profile.ben('GET', SHOWN, {
    headers: { 'if-none-match': String(shown.headers['etag']) },
  });
  expect([again.status, again.text]).toEqual([304, '']);
});

test('whoever writes a profile they read before the picture changed is told so: no update is lost', async () => {
  await using profile = await openWithPeers();
  await profile.mia('PUT', AVATAR, { body: { image: IMAGE } });
  const body = { handle: 'Mia', displayName: 'Mia M.' };
  expect((await profile.mia('PUT', '/profile/me', { headers: { 'if-match': '"1"' }, body })).status).toBe(
    412,
  );
  const written = await profile.mia('PUT', '/profile/me', { headers: { 'if-match': '"2"' }, body });
  expect(written.json).toMatchObject({ displayName: 'Mia M.', avatar: SHOWN });
});

test('a picture is taken off again, once or twice', async () => {
  await using profile = await openWithPeers();
  await profile.mia('PUT', AVATAR, { body: { image: IMAGE } });
  for (const _ of [1, 2]) {
    const removed = await profile.mia('DELETE', AVATAR);
    expect(removed.status).toBe(200);
    expect(removed.json).not.toHaveProperty('avatar');
  }
  expect((await profile.ben('GET', SHOWN)).status).toBe(404);
});

test('who has no profile has no picture on it, and image is not even asked', async () => {
  await using profile = await openWithPeers();
  expect((await profile.ben('PUT', AVATAR, { body: { image: IMAGE } })).status).toBe(404);
  expect((await profile.ben('DELETE', AVATAR)).status).toBe(404);
  expect(profile.image.received).toHaveLength(0);
});

test('what is no id is refused, and never part of an address', async () => {
  await using profile = await openWithPeers();
  for (const image of ['../images', '', 'x', IMAGE.toUpperCase(), `${IMAGE}/`, `${IMAGE}?`, 7, null]) {
    const { status } = await profile.mia('PUT', AVATAR, { body: { image } });
    expect({ image, status }).toEqual({ image, status: 400 });
  }
  expect(profile.image.received).toHaveLength(0);
});

const refused = (error: string): CannedAnswer => ({ status: 400, body: { error } });
const CHALLENGE = 'www-authenticate';

const FAULTS: readonly (readonly [string, Answers, number, object])[] = [
  ['an image that is not theirs', { metadata: { status: 404 } }, 422, {}],
  ['an image deleted while it was looked at', { picture: { status: 404 } }, 422, {}],
  [
    'a token without image:read',
    { desk: refused('invalid_scope') },
    403,
    { [CHALLENGE]: expect.stringContaining('insufficient_scope') },
  ],
  [
    'a token that has ended meanwhile',
    { desk: refused('invalid_grant') },
    401,
    { [CHALLENGE]: 'Bearer error="invalid_token"' },
  ],
  ['a client the desk does not know', { desk: { status: 401, body: { error: 'invalid_client' } } }, 500, {}],
  [
    'a desk with too much to do',
    { desk: { status: 429, headers: { 'retry-after': '9' }, body: { error: 'slow_down' } } },
    503,
    { 'retry-after': '9' },
  ],
  ['a desk that breaks off', { desk: null }, 503, { 'retry-after': '1' }],
  ['an image service that breaks off', { metadata: null }, 503, { 'retry-after': '1' }],
  ['one that breaks off later', { picture: null }, 503, { 'retry-after': '1' }],
  [
    'one with too much to do',
    { picture: { status: 503, headers: { 'retry-after': '4' } } },
    503,
    { 'retry-after': '4' },
  ],
  ['one that is broken', { metadata: { status: 500 } }, 503, { 'retry-after': '1' }],
  ['one that refuses every token', { metadata: { status: 401 } }, 503, { 'retry-after': '1' }],
  ['one that forbids', { metadata: { status: 403 } }, 502, {}],
  ['one that redirects', { picture: { status: 303, headers: { location: '/' } } }, 503, {}],
  ['one that tells of another image', { metadata: { body: { id: 'x', width: 1, height: 1 } } }, 502, {}],
  ['one that tells no size', { metadata: { body: { id: IMAGE, width: 0, height: 1 } } }, 502, {}],
  ['one that talks of something else', { metadata: { body: '<html>' } }, 502, {}],
  ['one that gives a page for a picture', { picture: { body: '<script>' } }, 502, {}],
  ['one that gives too much', { picture: { body: Buffer.alloc(300_000) } }, 502, {}],
];

test('each fault of the others is told as what it is, and the picture stays what it was (security 151)', async () => {
  await using profile = await openWithPeers();
  for (const [what, answers, status, headers] of FAULTS) {
    profile.answers.now = answers;
    // With a token that was never seen: none that was exchanged before is there to be used.
    const answer = await profile.as('mia')('PUT', AVATAR, { body: { image: IMAGE } });
    const type = answer.headers['content-type'];
    expect({ what, status: answer.status, type }).toEqual({
      what,
      status,
      type: 'application/problem+json; charset=utf-8',
    });
    expect(answer.headers).toMatchObject(headers);
    expect(answer.text).not.toContain('exchanged');
  }
  const me = await profile.mia('GET', '/profile/me');
  expect(me.headers['etag']).toBe('"1"');
  expect(me.json).not.toHaveProperty('avatar');
});

test('without anybody at the desk or at image, everything but setting a picture goes on', async () => {
  const nowhere = `http://127.0.0.1:${await closedPort()}`;
  await using profile = await openProfile({ desk: nowhere, image: nowhere });
  const body = { handle: 'Mia', displayName: 'Mia' };
  await profile.mia('PUT', '/profile/me', { headers: { 'if-none-match': '*' }, body });
  expect((await profile.mia('PUT', AVATAR, { body: { image: IMAGE } })).status).toBe(503);
  expect((await profile.mia('GET', '/profile/me')).status).toBe(200);
});
