import sharp from 'sharp';
import { afterAll, expect, test } from 'vitest';
import { openImage, RESOURCE } from './open-image.ts';
import { animation, colourAt, corners } from './pictures.ts';

test('an uploaded image is there: metadata, list, picture, and gone after it was deleted', async () => {
  await using image = await openImage();
  const { mia } = image;
  const created = await mia.upload(await corners(64, 48).jpeg().toBuffer(), { 'content-type': 'image/jpeg' });
  expect(created.status).toBe(201);
  expect(created.json).toEqual({
    id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    width: 64,
    height: 48,
    visibility: 'private',
    format: 'jpeg',
    bytes: expect.any(Number),
    createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    iiif: `${RESOURCE}/iiif/${created.json.id}`,
  });
  const location = String(created.headers['location']);
  expect(location).toBe(`/image/images/${created.json.id}`);
  expect((await mia.send('GET', location)).json).toEqual(created.json);
  expect((await mia.send('GET', '/image/images')).json).toEqual({ items: [created.json] });
  expect((await mia.picture(created.json.id, 'full/max/0/default.jpg')).status).toBe(200);
  expect((await mia.picture(created.json.id, 'full/16,12/0/default.png')).status).toBe(200);

  expect((await mia.send('DELETE', location)).status).toBe(204);
  expect((await mia.send('GET', location)).status).toBe(404);
  expect((await mia.send('DELETE', location)).status).toBe(404);
  expect((await mia.picture(created.json.id, 'full/max/0/default.jpg')).status).toBe(404);
  expect((await mia.send('GET', '/image/images')).json).toEqual({ items: [] });
  expect(await image.files()).toEqual([]);
});

const shared = await openImage();
afterAll(() => shared[Symbol.asyncDispose]());

test.each([
  ['jpeg', 'jpeg'],
  ['png', 'png'],
  ['webp', 'jpeg'],
  ['gif', 'png'],
  ['avif', 'jpeg'],
] as const)(
  '%s is known by its bytes, whatever name and type say, and kept as %s (security 123)',
  async (kind, kept) => {
    const bytes = await corners()[kind]().toBuffer();
    for (const type of ['image/bmp', 'text/html', 'application/json', 'multipart/mixed']) {
      const { status, json } = await shared.mia.upload(bytes, { 'content-type': type });
      expect([status, json.format, json.width, json.height]).toEqual([201, kept, 64, 48]);
    }
    const untyped = await shared.app.inject({
      method: 'POST',
      url: '/image/images',
      headers: { authorization: `Bearer ${shared.desk.token({ scope: 'image:write' })}` },
      payload: bytes,
    });
    expect(untyped.statusCode).toBe(201);
  },
);

test('transparency is kept, and lossless stays lossless', async () => {
  const clear = { r: 255, g: 0, b: 0, alpha: 0.5 };
  const half = () => sharp({ create: { width: 20, height: 10, channels: 4, background: clear } });
  for (const [bytes, kept] of [
    [await half().png().toBuffer(), 'png'],
    [await half().webp({ lossless: true }).toBuffer(), 'png'],
    [await half().webp({ quality: 60 }).toBuffer(), 'webp'],
    [await half().avif().toBuffer(), 'webp'],
  ] as const) {
    const { id, format } = await shared.mia.keep(bytes);
    expect(format).toBe(kept);
    const picture = await shared.mia.picture(id, 'full/max/0/default.png');
    const { channels } = await sharp(picture.bytes).stats();
    expect(channels[3]?.mean).toBeCloseTo(128, -1);
  }
  const exact = await corners(31, 17).webp({ lossless: true }).toBuffer();
  const { id } = await shared.mia.keep(exact);
  const picture = await shared.mia.picture(id, 'full/max/0/default.png');
  expect(await sharp(picture.bytes).raw().toBuffer()).toEqual(await sharp(exact).raw().toBuffer());
});

test.each([
  ['gif', () => animation(5).gif().toBuffer()],
  ['webp', () => animation(5).webp().toBuffer()],
] as const)('of an animated %s the first frame is kept', async (_kind, make) => {
  const { id, width, height } = await shared.mia.keep(await make());
  expect([width, height]).toEqual([32, 24]);
  const picture = await shared.mia.picture(id, 'full/max/0/default.png');
  expect(await colourAt(picture.bytes, 0.5, 0.5)).toBe('red');
});

test.each([
  ['one pixel', 1, 1],
  ['a line', 4_000, 1],
  ['a column', 1, 4_000],
])('%s is an image like any other (security 129)', async (_name, width, height) => {
  for (const kind of ['jpeg', 'png', 'webp', 'gif'] as const) {
    const kept = await shared.mia.keep(await corners(width, height)[kind]().toBuffer());
    expect([kept.width, kept.height]).toEqual([width, height]);
    for (const size of ['max', '!100,100', '1,', ',1']) {
      const picture = await shared.mia.picture(kept.id, `full/${size}/0/default.webp`);
      expect([size, picture.status]).toEqual([size, 200]);
    }
  }
});

test('the same file uploaded twice is two images with equal bytes, and deleting one leaves the other (security 135)', async () => {
  const bytes = await corners().jpeg().toBuffer();
  const [first, second] = await Promise.all([shared.mia.keep(bytes), shared.ben.keep(bytes)]);
  const [one, two] = await Promise.all([
    shared.mia.picture(first.id, 'full/max/0/default.jpg'),
    shared.ben.picture(second.id, 'full/max/0/default.jpg'),
  ]);
  expect(one.bytes).toEqual(two.bytes);
  await shared.mia.send('DELETE', `/image/images/${first.id}`);
  expect((await shared.ben.picture(second.id, 'full/max/0/default.jpg')).bytes).toEqual(one.bytes);
});

test('lists go newest first, page by page, each image once', async () => {
  await using image = await openImage();
  const bytes = await corners(8, 8).png().toBuffer();
  const kept = await Promise.all(Array.from({ length: 7 }, () => image.mia.keep(bytes)));
  await image.ben.keep(bytes);
  const seen: { id: string; createdAt: string }[] = [];
  let cursor = '';
  for (let page = 0; page < 4; page += 1) {
    const { status, json } = await image.mia.send('GET', `/image/images?limit=3${cursor}`);
    expect(status).toBe(200);
    seen.push(...json.items);
    if (json.next === undefined) break;
    cursor = `&cursor=${json.next}`;
  }
  expect(seen.map(({ id }) => id).sort()).toEqual(kept.map(({ id }) => id).sort());
  const times = seen.map(({ createdAt }) => createdAt);
  expect(times).toEqual(times.toSorted().toReversed());
});
