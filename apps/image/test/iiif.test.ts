import sharp from 'sharp';
import { afterAll, expect, test } from 'vitest';
import { openImage } from './open-image.ts';
import { colourAt, corners } from './pictures.ts';

const OUTER_POINTS = [
  [0.2, 0.2],
  [0.8, 0.2],
  [0.2, 0.8],
  [0.8, 0.8],
] as const;

const outerColours = (bytes: Buffer) => Promise.all(OUTER_POINTS.map(([x, y]) => colourAt(bytes, x, y)));

// 300 × 200: red and green above, blue and white below (IIIF Image API 3.0 §4.1–4.3).
const shared = await openImage();
afterAll(() => shared[Symbol.asyncDispose]());
const large = await shared.mia.keep(await corners(300, 200).png().toBuffer());
const small = await shared.mia.keep(await corners(64, 48).png().toBuffer());

test.each([
  ['full/max/0', 300, 200, ['red', 'green', 'blue', 'white']],
  ['full/max/360', 300, 200, ['red', 'green', 'blue', 'white']],
  ['square/max/0', 200, 200, ['red', 'green', 'blue', 'white']],
  ['0,0,150,100/max/0', 150, 100, ['red', 'red', 'red', 'red']],
  ['150,0,150,100/max/0', 150, 100, ['green', 'green', 'green', 'green']],
  ['150,100,999,999/max/0', 150, 100, ['white', 'white', 'white', 'white']],
  ['pct:0,50,50,50/max/0', 150, 100, ['blue', 'blue', 'blue', 'blue']],
  ['pct:25,0,50,100/max/0', 150, 200, ['red', 'green', 'blue', 'white']],
  ['full/150,/0', 150, 100, ['red', 'green', 'blue', 'white']],
  ['full/,50/0', 75, 50, ['red', 'green', 'blue', 'white']],
  ['full/pct:10/0', 30, 20, ['red', 'green', 'blue', 'white']],
  ['full/40,40/0', 40, 40, ['red', 'green', 'blue', 'white']],
  ['full/!100,100/0', 100, 67, ['red', 'green', 'blue', 'white']],
  ['full/!999,999/0', 300, 200, ['red', 'green', 'blue', 'white']],
  ['full/^600,/0', 600, 400, ['red', 'green', 'blue', 'white']],
  ['full/^!400,400/0', 400, 267, ['red', 'green', 'blue', 'white']],
  ['full/^pct:150/0', 450, 300, ['red', 'green', 'blue', 'white']],
  ['full/max/90', 200, 300, ['blue', 'red', 'white', 'green']],
  ['full/max/180', 300, 200, ['white', 'blue', 'green', 'red']],
  ['full/max/270', 200, 300, ['green', 'white', 'red', 'blue']],
  ['full/max/!0', 300, 200, ['green', 'red', 'white', 'blue']],
  ['full/max/!90', 200, 300, ['white', 'green', 'blue', 'red']],
  ['full/60,/!180', 60, 40, ['blue', 'white', 'red', 'green']],
  ['0,0,150,200/15,/90', 20, 15, ['blue', 'red', 'blue', 'red']],
] as const)('%s is %i × %i', async (request, width, height, colours) => {
  const { status, bytes } = await shared.mia.picture(large.id, `${request}/default.png`);
  expect(status).toBe(200);
  const metadata = await sharp(bytes).metadata();
  expect([metadata.width, metadata.height]).toEqual([width, height]);
  expect(await outerColours(bytes)).toEqual(colours);
});

test('every format comes with its own media type, and none is guessed at (security 131)', async () => {
  const { mia } = shared;
  const { id } = small;
  for (const [format, type] of [
    ['jpg', 'image/jpeg'],
    ['png', 'image/png'],
    ['webp', 'image/webp'],
    ['avif', 'image/avif'],
  ]) {
    const { headers, bytes } = await mia.picture(id, `full/32,/0/default.${format}`);
    expect((await sharp(bytes).metadata()).mediaType).toBe(type);
    expect(headers).toMatchObject({
      'content-type': type,
      'content-length': String(bytes.length),
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
      'content-disposition': `inline; filename="${id}.${format}"`,
    });
  }
});

test('grey is grey, and colour is what there is', async () => {
  const { mia } = shared;
  const { id } = small;
  const grey = await mia.picture(id, 'full/max/0/gray.png');
  const { isOpaque, channels } = await sharp(grey.bytes).stats();
  expect([isOpaque, channels.length]).toEqual([true, 1]);
  const [colour, plain] = await Promise.all([
    mia.picture(id, 'full/32,/0/color.png'),
    mia.picture(id, 'full/32,/0/default.png'),
  ]);
  expect(colour.bytes).toEqual(plain.bytes);
});

test('a transparent picture lies on white where a format has no transparency', async () => {
  await using image = await openImage();
  const clear = { r: 0, g: 0, b: 0, alpha: 0 };
  const bytes = await sharp({ create: { width: 9, height: 9, channels: 4, background: clear } })
    .png()
    .toBuffer();
  const { id } = await image.mia.keep(bytes);
  expect(await colourAt((await image.mia.picture(id, 'full/max/0/default.jpg')).bytes, 0.5, 0.5)).toBe(
    'white',
  );
});

test.each([
  'full/max/0/default.tif',
  'full/max/0/default.svg',
  'full/max/0/default',
  'full/max/0/.jpg',
  'full/max/0/bitonal.jpg',
  'full/max/0/constructor.jpg',
  'full/max/0/default.constructor',
  'full/max/45/default.jpg',
  'full/max/-90/default.jpg',
  'full/max/x/default.jpg',
  'full/max/!/default.jpg',
  'full/0,/0/default.jpg',
  'full/,0/0/default.jpg',
  'full/0,0/0/default.jpg',
  'full/!0,5/0/default.jpg',
  'full/,/0/default.jpg',
  'full/65,/0/default.jpg',
  'full/,49/0/default.jpg',
  'full/65,10/0/default.jpg',
  'full/pct:101/0/default.jpg',
  'full/pct:0/0/default.jpg',
  'full/pct:-5/0/default.jpg',
  'full/pct:1e2/0/default.jpg',
  'full/^9999,/0/default.jpg',
  'full/^4000,4000/0/default.jpg',
  'full/99999999999999999999,/0/default.jpg',
  'full/10/0/default.jpg',
  'full/full/0/default.jpg',
  'full/1.5,/0/default.jpg',
  'nothing/max/0/default.jpg',
  '0,0,0,10/max/0/default.jpg',
  '0,0,10,0/max/0/default.jpg',
  '64,0,10,10/max/0/default.jpg',
  '-1,0,10,10/max/0/default.jpg',
  '0,0,10/max/0/default.jpg',
  '0,0,10,10,10/max/0/default.jpg',
  'pct:100,0,10,10/max/0/default.jpg',
  'pct:0,0,0,10/max/0/default.jpg',
  'pct:a,0,10,10/max/0/default.jpg',
  `${'9'.repeat(200)},0,1,1/max/0/default.jpg`,
  '%00/max/0/default.jpg',
])('%s is a bad request', async (request) => {
  const { status, json } = await shared.mia.picture(small.id, request);
  expect([status, json.type]).toEqual([400, 'urn:roomkey:problem:bad-request']);
  expect(json.detail).toMatch(/^The \w+ .*\.$/);
});

test('equal requests in any spelling are one derivative, made once and kept', async () => {
  await using image = await openImage();
  const { id } = await image.mia.keep(await corners(300, 200).png().toBuffer());
  const spellings = ['full/150,/0', '0,0,300,200/,100/0', 'pct:0,0,100,100/pct:50/360', 'full/!150,150/0'];
  const answers = await Promise.all(
    [...spellings, ...spellings].map((request) => image.mia.picture(id, `${request}/default.webp`)),
  );
  expect(new Set(answers.map(({ headers }) => headers['etag'])).size).toBe(1);
  expect(new Set(answers.map(({ bytes }) => bytes.toString('hex'))).size).toBe(1);
  expect((await image.files()).filter((file) => file.startsWith('derived/'))).toHaveLength(1);
});

test('a derivative is the same bytes on every replica and after it was removed (security 135)', async () => {
  await using image = await openImage();
  await using another = await image.openAnother();
  const mia = another.guest({ sub: 'mia' });
  const { id } = await image.mia.keep(await corners(300, 200).png().toBuffer());
  const first = await image.mia.picture(id, 'square/77,/90/gray.webp');
  await image.objects.deleteFolder(`derived/${id.slice(0, 2)}/${id}`);
  const second = await mia.picture(id, 'square/77,/90/gray.webp');
  expect(second.bytes).toEqual(first.bytes);
  expect(second.headers['etag']).toBe(first.headers['etag']);
});

test('a picture that is there already is not sent again', async () => {
  const { mia } = shared;
  const { id } = small;
  const request = 'full/32,/0/default.jpg';
  const first = await mia.picture(id, request);
  const etag = String(first.headers['etag']);
  const caching = {
    'cache-control': 'private, max-age=300',
    vary: expect.stringContaining('Authorization'),
    etag,
  };
  expect(etag).toMatch(/^"[0-9a-f]{32}"$/);
  expect(first.headers).toMatchObject(caching);

  for (const header of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
    const again = await mia.picture(id, request, { 'if-none-match': header });
    expect([again.status, again.bytes.length]).toEqual([304, 0]);
    expect(again.headers).toMatchObject(caching);
  }
  expect((await mia.picture(id, request, { 'if-none-match': '"other"' })).status).toBe(200);
  expect((await mia.picture(id, request, { 'if-none-match': 'other' })).status).toBe(400);
});

test('HEAD tells of a picture without sending it', async () => {
  const { mia } = shared;
  const { id } = small;
  const url = `/image/iiif/${id}/full/32,24/0/default.jpg`;
  const [head, get] = [await mia.send('HEAD', url), await mia.send('GET', url)];
  expect([head.status, head.bytes.length]).toEqual([200, 0]);
  for (const name of ['etag', 'content-type', 'content-length', 'cache-control']) {
    expect(head.headers[name]).toBe(get.headers[name]);
  }
});

test('the largest picture given out is bounded, and "max" is the largest within the bounds', async () => {
  await using image = await openImage({ MAX_OUTPUT_SIDE: 100, MAX_OUTPUT_PIXELS: 5_000 });
  const { id } = await image.mia.keep(await corners(300, 200).png().toBuffer());
  const sizeOf = async (request: string) => {
    const { width, height } = await sharp(
      (await image.mia.picture(id, `${request}/0/default.png`)).bytes,
    ).metadata();
    return [width, height];
  };
  expect(await sizeOf('full/max')).toEqual([86, 57]);
  expect(await sizeOf('full/!300,300')).toEqual([86, 57]);
  expect(await sizeOf('0,0,300,10/max')).toEqual([100, 3]);
  expect(await sizeOf('0,0,10,10/^max')).toEqual([70, 70]);
  for (const request of ['full/101,', 'full/300,200', 'full/90,60', 'full/pct:100', '0,0,10,10/^71,']) {
    expect((await image.mia.picture(id, `${request}/0/default.png`)).status).toBe(400);
  }
});

test('a picture that is deleted while it is being transformed is given out or is not there', async () => {
  const { mia } = shared;
  const statuses = new Set<number>();
  for (let round = 0; round < 4; round += 1) {
    const { id } = await mia.keep(await corners(2_000, 1_600).png().toBuffer());
    const pictures = [301, 402, 503, 604].map((width) => mia.picture(id, `full/${width},/0/default.webp`));
    // The first is done and the others are on their way, or wait.
    await Promise.race(pictures);
    expect((await mia.send('DELETE', `/image/images/${id}`)).status).toBe(204);
    for (const { status } of await Promise.all(pictures)) statuses.add(status);
  }
  statuses.delete(503);
  expect([...statuses].toSorted((a, b) => a - b)).toEqual([200, 404]);
});
