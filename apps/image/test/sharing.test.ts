import { afterAll, expect, test } from 'vitest';
import type { LinkKey, LinkKeyStore } from '../src/domain/signed-links.ts';
import { createSignedLinks } from '../src/domain/signed-links.ts';
import { openImage } from './open-image.ts';
import { corners } from './pictures.ts';

const image = await openImage();
afterAll(() => image[Symbol.asyncDispose]());
const bytes = await corners(300, 200).png().toBuffer();
const MISSING = '00000000-0000-4000-8000-000000000000';

const change = (id: string, body: unknown, guest = image.mia) =>
  guest.send(
    'PATCH',
    `/image/images/${id}`,
    { 'content-type': 'application/json' },
    Buffer.from(JSON.stringify(body)),
  );

test('a private image is shown to nobody else, and does not even exist for strangers', async () => {
  const { id } = await image.mia.keep(bytes);
  for (const path of [
    '',
    '/info.json',
    '/full/max/0/default.jpg',
    '/full/10,/0/default.jpg',
    '/full/x/0/default.jpg',
  ]) {
    const answers = [
      await image.stranger.send('GET', `/image/iiif/${id}${path}`),
      await image.stranger.send('GET', `/image/iiif/${MISSING}${path}`),
    ];
    for (const { status, headers, json } of answers) {
      expect([status, headers['www-authenticate'], headers['cache-control']]).toEqual([
        401,
        'Bearer',
        'no-store',
      ]);
      expect(json.detail).toBe('This image is not public; send an access token: Authorization: Bearer …');
      expect(headers['link'] ?? headers['etag'] ?? headers['location']).toBeUndefined();
    }
  }
});

test('a public image is shown to everybody, and changed by its owner alone', async () => {
  const { id } = await image.mia.keep(bytes);
  const made = await change(id, { visibility: 'public' });
  expect([made.status, made.json.visibility]).toEqual([200, 'public']);
  for (const guest of [image.stranger, image.ben, image.mia]) {
    expect((await guest.send('GET', `/image/iiif/${id}`)).status).toBe(303);
    expect((await guest.send('GET', `/image/iiif/${id}/info.json`)).status).toBe(200);
    const { status, headers } = await guest.picture(id, 'full/150,100/0/default.jpg');
    expect([status, headers['cache-control'], headers['vary']]).toEqual([
      200,
      'public, max-age=300',
      undefined,
    ]);
  }
  expect((await image.ben.send('GET', `/image/images/${id}`)).status).toBe(404);
  expect((await image.ben.send('DELETE', `/image/images/${id}`)).status).toBe(404);
  expect((await change(id, { visibility: 'private' }, image.ben)).status).toBe(404);
  expect((await image.stranger.send('GET', `/image/images/${id}`)).status).toBe(401);

  expect((await change(id, { visibility: 'private' })).json.visibility).toBe('private');
  expect((await image.stranger.picture(id, 'full/150,100/0/default.jpg')).status).toBe(401);
  expect((await image.ben.picture(id, 'full/150,100/0/default.jpg')).status).toBe(404);
  expect((await image.mia.picture(id, 'full/150,100/0/default.jpg')).status).toBe(200);
});

test('a bad token is refused for a public image too, and a token without the scope', async () => {
  const { id } = await image.mia.keep(bytes);
  await change(id, { visibility: 'public' });
  const url = `/image/iiif/${id}/full/max/0/default.jpg`;
  expect((await image.stranger.send('GET', url, { authorization: 'Bearer x.y.z' })).status).toBe(401);
  expect((await image.guest({ scope: 'image:write' }).send('GET', url)).status).toBe(403);
});

test.each([
  [{}],
  [{ visibility: 'secret' }],
  [{ visibility: null }],
  [{ visibility: ['public'] }],
  [{ visibility: 'public', owner: 'ben' }],
  [[]],
  ['public'],
  [null],
])('a change like %j is a bad request and changes nothing', async (body) => {
  const { id } = await image.mia.keep(bytes);
  expect((await change(id, body)).status).toBe(400);
  expect((await image.mia.send('GET', `/image/images/${id}`)).json.visibility).toBe('private');
});

async function linkTo(id: string, body: unknown, guest = image.mia) {
  const content = Buffer.from(JSON.stringify(body));
  return guest.send('POST', `/image/images/${id}/links`, { 'content-type': 'application/json' }, content);
}

test('a link shows its picture to whoever holds it, on every replica, and nothing else', async () => {
  await using another = await image.openAnother();
  const { id } = await image.mia.keep(bytes);
  const { status, json } = await linkTo(id, { picture: 'full/!150,150/0/default.webp', seconds: 60 });
  expect(status).toBe(200);
  const { pathname, search } = new URL(json.url);
  expect(pathname).toBe(`/image/iiif/${id}/full/150,100/0/default.webp`);
  const secondsLeft = (Date.parse(json.expiresAt) - Date.now()) / 1_000;
  expect(secondsLeft).toBeGreaterThan(58);
  expect(secondsLeft).toBeLessThanOrEqual(120);

  for (const stranger of [image.stranger, another.stranger, image.ben]) {
    const answer = await stranger.send('GET', pathname + search);
    expect([answer.status, answer.headers['content-type']]).toEqual([200, 'image/webp']);
    expect(answer.headers['cache-control']).toMatch(/^private, max-age=\d+$/);
    expect(Number(String(answer.headers['cache-control']).slice(17))).toBeLessThanOrEqual(120);
  }
  const spelled = await image.stranger.send('GET', `/image/iiif/${id}/full/150,/0/default.webp${search}`);
  expect([spelled.status, spelled.headers['location']]).toEqual([303, pathname + search]);

  const { id: other } = await image.mia.keep(bytes);
  for (const path of [
    `/image/iiif/${id}/full/max/0/default.webp`,
    `/image/iiif/${id}/full/150,100/0/default.png`,
    `/image/iiif/${other}/full/150,100/0/default.webp`,
    `/image/iiif/${MISSING}/full/150,100/0/default.webp`,
    `/image/iiif/${id}/full/nonsense/0/default.webp`,
  ]) {
    const answer = await image.stranger.send('GET', path + search);
    expect([answer.status, answer.json?.detail]).toEqual([
      403,
      'This link is not for this picture, or no longer; ask for a new one.',
    ]);
  }
  expect((await image.stranger.send('GET', `/image/iiif/${id}/info.json${search}`)).status).toBe(401);
  await image.mia.send('DELETE', `/image/images/${id}`);
  expect((await image.stranger.send('GET', pathname + search)).status).toBe(403);
});

test('a link that was changed anywhere opens nothing', async () => {
  const { id } = await image.mia.keep(bytes);
  const { json } = await linkTo(id, { picture: 'full/max/0/default.jpg' });
  const url = new URL(json.url);
  const expires = Number(url.searchParams.get('expires'));
  const signature = String(url.searchParams.get('signature'));
  const [keyId = '', mac = ''] = signature.split('.');
  const flipped = mac.startsWith('A') ? `B${mac.slice(1)}` : `A${mac.slice(1)}`;
  for (const query of [
    `expires=${expires + 60}&signature=${signature}`,
    `expires=${expires - 60}&signature=${signature}`,
    `expires=1&signature=${signature}`,
    `signature=${signature}`,
    `expires=${expires}&signature=${keyId}.${flipped}`,
    `expires=${expires}&signature=${keyId}.${mac.slice(0, -2)}`,
    `expires=${expires}&signature=${keyId}.`,
    `expires=${expires}&signature=.${mac}`,
    `expires=${expires}&signature=${mac}`,
    `expires=${expires}&signature=${signature}.x`,
    `expires=${expires}&signature=`,
    `expires=${expires}&signature=__proto__.x`,
    `expires=${expires}&signature=%00`,
  ]) {
    expect([query, (await image.stranger.send('GET', `${url.pathname}?${query}`)).status]).toEqual([
      query,
      403,
    ]);
  }
  for (const query of [
    `expires=x&signature=${signature}`,
    `expires=${expires}&signature=${'x'.repeat(200)}`,
    `expires=1e99&signature=x`,
  ]) {
    expect([query, (await image.stranger.send('GET', `${url.pathname}?${query}`)).status]).toEqual([
      query,
      400,
    ]);
  }
  expect((await image.stranger.send('GET', `${url.pathname}?expires=${expires}`)).status).toBe(401);
  expect((await image.stranger.send('GET', url.pathname + url.search)).status).toBe(200);
});

test.each([
  [{ picture: 'full/max/0/default.jpg', seconds: 0 }],
  [{ picture: 'full/max/0/default.jpg', seconds: 3_601 }],
  [{ picture: 'full/max/0/default.jpg', seconds: '60' }],
  [{ picture: 'full/max/0/default.jpg', more: 1 }],
  [{ picture: 'full/max/0' }],
  [{ picture: 'full/max/0/default.exe' }],
  [{ picture: '../../../../etc/passwd' }],
  [{ picture: 'full/301,/0/default.jpg' }],
  [{}],
])('a link asked for with %j is a bad request', async (body) => {
  const { id } = await image.mia.keep(bytes);
  expect((await linkTo(id, body)).status).toBe(400);
});

test('links are given by the owner alone', async () => {
  const { id } = await image.mia.keep(bytes);
  const body = { picture: 'full/max/0/default.jpg' };
  expect((await linkTo(id, body, image.ben)).status).toBe(404);
  expect((await linkTo(id, body, image.stranger)).status).toBe(401);
  expect((await linkTo('x', body)).status).toBe(404);
});

test('a link ends when its time is over, and its key is replaced after a day', async () => {
  const keys = new Map<string, LinkKey>();
  let now = 1_800_000_000_000;
  const store: LinkKeyStore = {
    find: async (id) => keys.get(id),
    newest: async (fresh, notBefore) => {
      const young = [...keys.values()].find(({ createdAt }) => createdAt >= notBefore);
      const key = young ?? { ...fresh, createdAt: new Date(now) };
      keys.set(key.id, key);
      return key;
    },
  };
  const links = createSignedLinks(store, () => now);
  const path = 'full/max/0/default.jpg';
  const first = await links.issue('x', path, 300);
  now += 299_000;
  expect(await links.verify('x', path, first)).toEqual(first.expiresAt);
  now = first.expiresAt.getTime();
  expect(await links.verify('x', path, first)).toBeUndefined();

  now += 25 * 60 * 60 * 1_000;
  const second = await links.issue('x', path, 300);
  expect(keys.size).toBe(2);
  expect(second.signature.split('.')[0]).not.toBe(first.signature.split('.')[0]);
  expect(await links.verify('x', path, second)).toEqual(second.expiresAt);
});
