import { afterAll, expect, test } from 'vitest';
import { openImage } from './open-image.ts';
import { corners } from './pictures.ts';

const image = await openImage();
afterAll(() => image[Symbol.asyncDispose]());

test('an image of somebody else is not there: no metadata, no picture, no variant, no deletion (security 31, 136)', async () => {
  const { id } = await image.mia.keep(await corners().png().toBuffer());
  const etag = String((await image.mia.picture(id, 'full/32,/0/default.jpg')).headers['etag']);
  const strangers = [
    image.ben,
    // The same name at another issuer would be somebody else; here the nearest thing: names that only look alike.
    image.guest({ sub: 'Mia' }),
    image.guest({ sub: 'mia ' }),
    image.guest({ sub: 'mia', scope: 'image:read image:write', client_id: 'other' }),
  ];
  const [owner] = strangers.splice(3);
  for (const stranger of strangers) {
    for (const answer of [
      await stranger.send('GET', `/image/images/${id}`),
      await stranger.send('GET', `/image/images/${id}/original`),
      await stranger.send('DELETE', `/image/images/${id}`),
      await stranger.picture(id, 'full/max/0/default.jpg'),
      await stranger.picture(id, 'full/32,/0/default.jpg'),
      await stranger.picture(id, 'full/32,/0/default.jpg', { 'if-none-match': etag }),
      await stranger.picture(id, 'full/nonsense/0/default.jpg'),
    ]) {
      expect(answer.status).toBe(404);
      expect(answer.json.detail).toBe('You have no image with this id.');
      expect(answer.headers['etag']).toBeUndefined();
    }
    expect((await stranger.send('GET', '/image/images')).json).toEqual({ items: [] });
  }
  // Another client of the same user is the same user.
  expect((await owner?.send('GET', `/image/images/${id}`))?.status).toBe(200);
});

test.each([
  ['POST', '/image/images', 'image:read'],
  ['GET', '/image/images', 'image:write'],
  ['GET', '/image/images/00000000-0000-4000-8000-000000000000', 'image:write'],
  ['GET', '/image/images/00000000-0000-4000-8000-000000000000/original', 'image:write'],
  ['DELETE', '/image/images/00000000-0000-4000-8000-000000000000', 'image:read'],
  ['GET', '/image/iiif/00000000-0000-4000-8000-000000000000/full/max/0/default.jpg', 'image:write'],
] as const)('%s %s is refused with only %s (security 30)', async (method, url, scope) => {
  const answer = await image.guest({ scope }).send(method, url);
  expect(answer.status).toBe(403);
  expect(answer.headers['www-authenticate']).toContain('insufficient_scope');
});

test.each([
  'x',
  '..',
  '../../etc/passwd',
  '..%2f..%2fetc%2fpasswd',
  '%2e%2e%2f%2e%2e%2fetc%2fpasswd',
  '..%5c..%5cwindows',
  '%00',
  'a%00b',
  "'%20or%201=1--",
  '00000000-0000-4000-8000-00000000000G',
  '00000000-0000-4000-8000-000000000000%00',
  '00000000-0000-4000-8000-000000000000/../../x',
  '%F0%9F%94%91',
  '%ff',
  'x'.repeat(250),
  'x'.repeat(300),
  '__proto__',
])('an id like %s names nothing', async (id) => {
  for (const [method, url] of [
    ['GET', `/image/images/${id}`],
    ['DELETE', `/image/images/${id}`],
    ['GET', `/image/iiif/${id}/full/max/0/default.jpg`],
  ] as const) {
    const { status, json } = await image.mia.send(method, url);
    expect([400, 404, 414]).toContain(status);
    expect(json.type).toMatch(/^urn:roomkey:problem:/);
  }
});

test.each([
  'limit=0',
  'limit=101',
  'limit=x',
  'limit=1.5',
  'limit=-1',
  'cursor=x',
  'cursor=',
  `cursor=${Buffer.from('{}').toString('base64url')}`,
  `cursor=${Buffer.from('{"createdAt":1e999,"id":"00000000-0000-4000-8000-000000000000"}').toString('base64url')}`,
  `cursor=${Buffer.from('{"createdAt":9e15,"id":"00000000-0000-4000-8000-000000000000"}').toString('base64url')}`,
  `cursor=${Buffer.from('{"createdAt":1,"id":"x"}').toString('base64url')}`,
  `cursor=${Buffer.from('{"createdAt":1,"id":"00000000-0000-4000-8000-000000000000","x":1}').toString('base64url')}`,
  `cursor=${'x'.repeat(600)}`,
  'owner=ben',
])('a list asked for with %s is a bad request', async (query) => {
  const { status, json } = await image.mia.send('GET', `/image/images?${query}`);
  expect([status, json.type]).toEqual([400, 'urn:roomkey:problem:invalid-request']);
});

test('a cursor tells of times and ids, and gives nobody the images of another', async () => {
  const bytes = await corners(8, 8).png().toBuffer();
  for (let count = 0; count < 3; count += 1) await image.mia.keep(bytes);
  const { next } = (await image.mia.send('GET', '/image/images?limit=1')).json;
  expect(next).toBeTypeOf('string');
  expect((await image.ben.send('GET', `/image/images?cursor=${next}`)).json).toEqual({ items: [] });
  const early = Buffer.from('{"createdAt":0,"id":"00000000-0000-4000-8000-000000000000"}').toString(
    'base64url',
  );
  expect((await image.mia.send('GET', `/image/images?cursor=${early}`)).json).toEqual({ items: [] });
});
