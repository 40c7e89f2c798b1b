import { afterAll, expect, test } from 'vitest';
import { openImage, RESOURCE } from './open-image.ts';
import { corners } from './pictures.ts';

const image = await openImage();
afterAll(() => image[Symbol.asyncDispose]());
const { id } = await image.mia.keep(await corners(300, 200).png().toBuffer());
const base = `/image/iiif/${id}`;

// IIIF Image API 3.0 §4.8
test.each([
  ['full/150,/0/default.jpg', 'full/150,100/0/default.jpg'],
  ['full/!150,150/0/default.jpg', 'full/150,100/0/default.jpg'],
  ['full/pct:50/0/color.jpg', 'full/150,100/0/default.jpg'],
  ['square/max/0/default.png', '50,0,200,200/max/0/default.png'],
  ['0,0,999,999/300,200/360/gray.webp', 'full/max/0/gray.webp'],
  ['full/^600,/!90/default.jpg', 'full/%5E600,400/!90/default.jpg'],
  ['full/%5E600,/!90/default.jpg', 'full/%5E600,400/!90/default.jpg'],
])('%s leads to its canonical address %s', async (request, canonical) => {
  const answer = await image.mia.send('GET', `${base}/${request}`);
  expect([answer.status, answer.headers['location'], answer.bytes.length]).toEqual([
    303,
    `${base}/${canonical}`,
    0,
  ]);
  expect(answer.headers['cache-control']).toBe('private, max-age=300');
  const target = await image.mia.send('GET', String(answer.headers['location']));
  expect(target.status).toBe(200);
  for (const { headers } of [answer, target]) {
    expect(headers['link']).toEqual([
      `<${RESOURCE}/iiif/${id}/${canonical}>;rel="canonical"`,
      '<http://iiif.io/api/image/3/level2.json>;rel="profile"',
    ]);
  }
});

test('a canonical address written with a bare ^ is answered where it is', async () => {
  expect((await image.mia.send('GET', `${base}/full/^600,400/0/default.jpg`)).status).toBe(200);
});

test('the base URI leads to the information (IIIF Image API 3.0 §2)', async () => {
  const answer = await image.mia.send('GET', base);
  expect([answer.status, answer.headers['location']]).toEqual([303, `${base}/info.json`]);
  expect((await image.ben.send('GET', base)).status).toBe(404);
});

test('the information document says what a viewer must know (IIIF Image API 3.0 §5)', async () => {
  const { status, json, headers } = await image.mia.send('GET', `${base}/info.json`);
  expect(status).toBe(200);
  expect(Object.keys(json)[0]).toBe('@context');
  expect(json).toEqual({
    '@context': 'http://iiif.io/api/image/3/context.json',
    id: `${RESOURCE}/iiif/${id}`,
    type: 'ImageService3',
    protocol: 'http://iiif.io/api/image',
    profile: 'level2',
    width: 300,
    height: 200,
    maxWidth: 4_096,
    maxHeight: 4_096,
    maxArea: 8_500_000,
    sizes: [
      { width: 75, height: 50 },
      { width: 150, height: 100 },
      { width: 300, height: 200 },
    ],
    tiles: [{ width: 512, scaleFactors: [1] }],
    preferredFormats: ['webp', 'jpg'],
    extraFormats: ['webp', 'avif'],
    extraQualities: ['color', 'gray'],
    extraFeatures: ['canonicalLinkHeader', 'mirroring', 'profileLinkHeader', 'sizeUpscaling'],
  });
  expect(headers).toMatchObject({
    'content-type': 'application/ld+json;profile="http://iiif.io/api/image/3/context.json"',
    'access-control-allow-origin': '*',
    'cache-control': 'private, max-age=300',
    vary: 'Accept, Authorization',
  });
  const again = await image.mia.send('GET', `${base}/info.json`, {
    'if-none-match': String(headers['etag']),
  });
  expect([again.status, again.bytes.length]).toEqual([304, 0]);
});

test.each([
  ['application/json', 'application/json'],
  ['application/ld+json', 'application/ld+json;profile="http://iiif.io/api/image/3/context.json"'],
  [
    'application/json, application/ld+json',
    'application/ld+json;profile="http://iiif.io/api/image/3/context.json"',
  ],
  ['text/html, */*', 'application/ld+json;profile="http://iiif.io/api/image/3/context.json"'],
])('asked for %s, the information comes as %s', async (accept, type) => {
  const { headers, bytes } = await image.mia.send('GET', `${base}/info.json`, { accept });
  expect(headers['content-type']).toBe(type);
  expect(JSON.parse(bytes.toString()).width).toBe(300);
});

// §5.3, §5.4, and the tile arithmetic of the implementation notes.
test('every size and every tile that the information promises is there', async () => {
  await using other = await openImage({ MAX_OUTPUT_SIDE: 1_024, MAX_OUTPUT_PIXELS: 600_000 });
  const { id: large } = await other.mia.keep(await corners(1_301, 777).png().toBuffer());
  const { json } = await other.mia.send('GET', `/image/iiif/${large}/info.json`);
  expect(json.sizes.length).toBeGreaterThan(2);
  const requests = json.sizes.map(({ width, height }: Record<string, number>) => `full/${width},${height}`);
  const [{ width: side, scaleFactors }] = json.tiles;
  expect(scaleFactors).toEqual([1, 2, 4]);
  for (const factor of scaleFactors) {
    for (let x = 0; x < json.width; x += side * factor) {
      for (let y = 0; y < json.height; y += side * factor) {
        const [w, h] = [Math.min(side * factor, json.width - x), Math.min(side * factor, json.height - y)];
        requests.push(`${x},${y},${w},${h}/${Math.ceil(w / factor)},${Math.ceil(h / factor)}`);
      }
    }
  }
  const answers = await Promise.all(
    requests.map((request: string) => other.mia.picture(large, `${request}/0/default.jpg`)),
  );
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
});

test('a viewer of another origin may ask, and say who it is (IIIF Image API 3.0 §7.1)', async () => {
  const preflight = await image.stranger.send('OPTIONS', `${base}/full/max/0/default.jpg`, {
    origin: 'https://viewer.example.com',
    'access-control-request-method': 'GET',
    'access-control-request-headers': 'authorization',
  });
  expect(preflight.status).toBe(204);
  expect(String(preflight.headers['access-control-allow-headers']).toLowerCase()).toContain('authorization');
});

test('what is larger than AVIF is made in time is refused in AVIF alone', async () => {
  expect((await image.mia.send('GET', `${base}/full/^1800,1200/0/default.avif`)).status).toBe(400);
  expect((await image.mia.send('GET', `${base}/full/^1800,1200/0/default.webp`)).status).toBe(200);
});
