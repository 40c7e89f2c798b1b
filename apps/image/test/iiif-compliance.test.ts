/** Every requirement of level 2, by the sections of "Image API Compliance, Version 3.0.0" and of the IIIF Image API 3.0. */
import { createSeeded } from '@roomkey/test-kit';
import sharp from 'sharp';
import { afterAll, describe, expect, test } from 'vitest';
import { openImage, RESOURCE } from './open-image.ts';
import { corners } from './pictures.ts';
import { faultsOfPicture, SIDE, squares, type Expected } from './squares.ts';

const image = await openImage();
afterAll(() => image[Symbol.asyncDispose]());
const { mia } = image;
const { id } = await mia.keep(await squares());
const base = `/image/iiif/${id}`;

const whole = { width: SIDE, height: SIDE };
const region = (left: number, top: number, width: number, height: number) => ({
  region: { left, top, width, height },
  width,
  height,
});

async function faultsOf(request: string, expected: Expected): Promise<string[]> {
  const { status, bytes } = await mia.picture(id, request);
  return status === 200 ? faultsOfPicture(bytes, expected) : [`answered ${status}`];
}

type Row = readonly [feature: string, request: string, expected: Expected];
const rows = (table: readonly Row[]) =>
  test.each(table)('%s: %s', async (_feature, request, expected) => {
    expect(await faultsOf(`${request}.png`, expected)).toEqual([]);
  });

describe('Compliance §3.1 and API §4.1: region', () => {
  rows([
    ['full', 'full/max/0/default', whole],
    ['regionByPx', '120,340,450,210/max/0/default', region(120, 340, 450, 210)],
    ['regionByPx beyond the edge is cropped', '700,800,900,900/max/0/default', region(700, 800, 300, 200)],
    ['regionByPct', 'pct:12.5,25,50,37.5/max/0/default', region(125, 250, 500, 375)],
    [
      'regionByPct beyond the edge is cropped',
      'pct:70,80,66.6,100/max/0/default',
      region(700, 800, 300, 200),
    ],
    ['regionSquare of a square', 'square/max/0/default', whole],
  ]);
  test('regionSquare is as wide and high as the shorter side', async () => {
    const wide = await mia.keep(await corners(300, 200).png().toBuffer());
    const { bytes } = await mia.picture(wide.id, 'square/max/0/default.png');
    const { width, height } = await sharp(bytes).metadata();
    expect([width, height]).toEqual([200, 200]);
  });
  test.each(['0,0,0,10', '0,0,10,0', '1000,0,10,10', '0,1000,10,10', 'pct:100,0,10,10', 'pct:0,0,0,50'])(
    'no width, no height, or all of it outside is 400: %s',
    async (part) => {
      expect((await mia.picture(id, `${part}/max/0/default.jpg`)).status).toBe(400);
    },
  );
});

describe('Compliance §3.2 and API §4.2: size', () => {
  const cut = '100,200,600,300';
  const from = { left: 100, top: 200, width: 600, height: 300 };
  rows([
    ['max', `${cut}/max/0/default`, { region: from, width: 600, height: 300 }],
    ['sizeByW', `${cut}/200,/0/default`, { region: from, width: 200, height: 100 }],
    ['sizeByH', `${cut}/,150/0/default`, { region: from, width: 300, height: 150 }],
    ['sizeByPct', `${cut}/pct:25/0/default`, { region: from, width: 150, height: 75 }],
    [
      'sizeByConfinedWh, bound by its height',
      `${cut}/!500,100/0/default`,
      { region: from, width: 200, height: 100 },
    ],
    [
      'sizeByConfinedWh, bound by the region',
      `${cut}/!5000,5000/0/default`,
      { region: from, width: 600, height: 300 },
    ],
    ['sizeByWh', `${cut}/250,250/0/default`, { region: from, width: 250, height: 250 }],
    ['sizeUpscaling', `${cut}/^900,450/0/default`, { region: from, width: 900, height: 450 }],
    ['sizeUpscaling by width', `${cut}/^900,/0/default`, { region: from, width: 900, height: 450 }],
    ['sizeUpscaling by height', `${cut}/^,450/0/default`, { region: from, width: 900, height: 450 }],
    ['sizeUpscaling by percent', `${cut}/^pct:150/0/default`, { region: from, width: 900, height: 450 }],
    ['sizeUpscaling within', `${cut}/^!900,900/0/default`, { region: from, width: 900, height: 450 }],
  ]);
  test('!w,h is as large as possible and no larger than asked for', async () => {
    const seeded = createSeeded();
    for (let round = 0; round < 12; round += 1) {
      const [w, h] = [1 + seeded.int(SIDE), 1 + seeded.int(SIDE)];
      const { bytes } = await mia.picture(id, `full/!${w},${h}/0/default.png`);
      const { width, height } = await sharp(bytes).metadata();
      expect([width, height], `seed ${seeded.seed}, round ${round}`).toEqual([
        Math.min(w, h),
        Math.min(w, h),
      ]);
    }
  });
  test.each([
    '601,',
    ',301',
    'pct:101',
    '601,300',
    '600,301',
    '0,',
    ',0',
    'pct:0',
    '0,0',
    '^5000,5000',
    '600',
    'full',
    '',
  ])('larger than the region, nothing, beyond the limits, or no size is 400: %s', async (part) => {
    expect([400, 404]).toContain((await mia.picture(id, `${cut}/${part}/0/default.jpg`)).status);
  });
});

describe('Compliance §3.3 and API §4.3: rotation', () => {
  rows([
    ['0', '0,0,600,400/max/0/default', region(0, 0, 600, 400)],
    ['rotationBy90s', '0,0,600,400/max/90/default', { ...region(0, 0, 600, 400), degrees: 90 }],
    ['rotationBy90s', '0,0,600,400/max/180/default', { ...region(0, 0, 600, 400), degrees: 180 }],
    ['rotationBy90s', '0,0,600,400/max/270/default', { ...region(0, 0, 600, 400), degrees: 270 }],
    ['mirroring', '0,0,600,400/max/!0/default', { ...region(0, 0, 600, 400), mirrored: true }],
    [
      'mirroring before rotation',
      '0,0,600,400/max/!90/default',
      { ...region(0, 0, 600, 400), mirrored: true, degrees: 90 },
    ],
  ]);
  test.each(['361', '-1', '22.5', '!', 'x'])('out of range or not supported is 400: %s', async (part) => {
    expect((await mia.picture(id, `full/max/${part}/default.jpg`)).status).toBe(400);
  });
});

describe('Compliance §3.4 and API §4.4: quality', () => {
  rows([
    ['default', 'full/max/0/default', whole],
    ['color', 'full/max/0/color', whole],
    ['gray', 'full/max/0/gray', { ...whole, gray: true }],
  ]);
  test('color of a picture that has none is no error', async () => {
    const grey = await mia.keep(await corners().greyscale().jpeg().toBuffer());
    expect((await mia.picture(grey.id, 'full/max/0/color.png')).status).toBe(200);
  });
});

describe('Compliance §3.5 and API §4.5: format', () => {
  test.each([
    ['jpg', 'image/jpeg'],
    ['png', 'image/png'],
    ['webp', 'image/webp'],
  ])('%s comes as %s, and is the picture', async (format, type) => {
    const { headers, bytes } = await mia.picture(id, `full/500,/0/default.${format}`);
    expect(headers['content-type']).toBe(type);
    expect(await faultsOfPicture(bytes, { width: 500, height: 500 })).toEqual([]);
  });
});

test('API §4.6: region, then size, mirror, rotation, quality', async () => {
  const expected = {
    region: { left: 100, top: 0, width: 800, height: 400 },
    width: 400,
    height: 200,
  } as const;
  const turned = { ...expected, mirrored: true, degrees: 270, gray: true } as const;
  expect(await faultsOf('100,0,800,400/400,/!270/gray.png', turned)).toEqual([]);
});

test('API §4.7: numbers are digits and a point', async () => {
  const status = async (size: string) => (await mia.picture(id, `full/${size}/0/default.jpg`)).status;
  expect(await Promise.all(['pct:0.9', 'pct:.9', 'pct:50.0'].map(status))).toEqual([200, 200, 200]);
  expect(await Promise.all(['pct:+0.9', 'pct:1e1', 'pct:0,9', 'pct:.'].map(status))).toEqual([
    400, 400, 400, 400,
  ]);
});

describe('Compliance §4 and API §5: HTTP and information', () => {
  test('baseUriRedirect', async () => {
    const { status, headers } = await mia.send('GET', base);
    expect([status, headers['location']]).toEqual([303, `${base}/info.json`]);
  });

  test.each(['/info.json', '/full/max/0/default.jpg', '/full/x/0/default.jpg'])('cors: %s', async (path) => {
    const { headers } = await mia.send('GET', `${base}${path}`, { origin: 'https://viewer.example.com' });
    expect(headers['access-control-allow-origin']).toBe('*');
  });

  test('jsonldMediaType, also without being asked', async () => {
    const type = 'application/ld+json;profile="http://iiif.io/api/image/3/context.json"';
    for (const headers of [{}, { accept: 'application/ld+json' }]) {
      expect((await mia.send('GET', `${base}/info.json`, headers)).headers['content-type']).toBe(type);
    }
  });

  test('API §5.2–5.4: what must be in the information is, and what is promised is given', async () => {
    const { json } = await mia.send('GET', `${base}/info.json`);
    expect(json).toMatchObject({
      '@context': 'http://iiif.io/api/image/3/context.json',
      id: `${RESOURCE}/iiif/${id}`,
      type: 'ImageService3',
      protocol: 'http://iiif.io/api/image',
      profile: 'level2',
      ...whole,
    });
    expect(Object.keys(json)).toContain('maxWidth');
    for (const { width, height } of json.sizes) {
      expect(Math.max(width, height)).toBeLessThanOrEqual(json.maxWidth);
      expect(await faultsOf(`full/${width},${height}/0/default.png`, { width, height })).toEqual([]);
    }
    const tileSizes = json.tiles.map(
      (tile: Record<string, number>) => `${tile['width']},${tile['height'] ?? tile['width']}`,
    );
    expect(new Set(tileSizes).size).toBe(json.tiles.length);
  });

  test('API §5.7: every quality and format beyond those of the level is listed, and each that is listed is given', async () => {
    const { json } = await mia.send('GET', `${base}/info.json`);
    expect(json.extraQualities).toEqual(['color', 'gray']);
    for (const quality of ['default', ...json.extraQualities, 'bitonal']) {
      for (const format of ['jpg', 'png', ...json.extraFormats, 'tif', 'gif']) {
        const { status } = await mia.picture(id, `full/20,/0/${quality}.${format}`);
        const isOffered = quality !== 'bitonal' && !['tif', 'gif'].includes(format);
        expect([quality, format, status]).toEqual([quality, format, isOffered ? 200 : 400]);
      }
    }
  });
});
