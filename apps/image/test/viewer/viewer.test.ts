import { openBrowser } from '@roomkey/test-kit/browser';
import { afterAll, expect, test } from 'vitest';
import { openImage } from '../open-image.ts';
import { colourAt, corners } from '../pictures.ts';
import { openViewerPage } from './viewer-page.ts';

// OpenSeadragon, unmodified, on a page of another origin than the pictures.
const image = await openImage();
const served = new URL(await image.app.listen({ host: '127.0.0.1', port: 0 }));
const page = await openViewerPage();
const browser = await openBrowser({ hosts: { test: served.host, viewer: page.address } });
afterAll(async () => {
  await browser.close();
  await page[Symbol.asyncDispose]();
  await image[Symbol.asyncDispose]();
});
const authorization = `Bearer ${image.desk.token({ sub: 'mia', scope: 'image:read' })}`;
const { id } = await image.mia.keep(await corners(2_000, 1_500).png().toBuffer());

async function setVisibility(visibility: string): Promise<void> {
  const body = Buffer.from(JSON.stringify({ visibility }));
  const headers = { 'content-type': 'application/json' };
  expect((await image.mia.send('PATCH', `/image/images/${id}`, headers, body)).status).toBe(200);
}

/** Opens the image in a viewer. @returns what was answered to it, and the colours that are seen */
async function view(options: Record<string, unknown>) {
  await using context = await browser.newContext({ viewport: { width: 800, height: 600 } });
  const tab = await context.newPage();
  const answers: { path: string; status: number }[] = [];
  tab.on('response', (response) => {
    const { host, pathname } = new URL(response.url());
    if (host === 'test')
      answers.push({ path: pathname.split('/').slice(4).join('/'), status: response.status() });
  });
  const coloursSeen = async () => {
    const bytes = await tab.screenshot();
    const points = [
      [0.2, 0.2],
      [0.8, 0.2],
      [0.2, 0.8],
      [0.8, 0.8],
    ] as const;
    return Promise.all(points.map(([across, down]) => colourAt(bytes, across, down)));
  };
  const run = (script: string) => tab.evaluate(script);
  await tab.goto('http://viewer/');
  const opened = await run(
    `show(${JSON.stringify({ tileSources: `http://test/image/iiif/${id}/info.json`, ...options })})`,
  ).then(
    () => 'shown',
    (error: Error) => error.message,
  );
  const whole = await coloursSeen();
  // The middle, four times as large: other tiles, and the four corners meet in it.
  await run(`globalThis.viewer.viewport?.zoomTo(4, undefined, true)`);
  await run(`new Promise((shown) => {
    const item = viewer.world.getItemAt(0);
    const check = () => (!item || item.getFullyLoaded() ? shown() : setTimeout(check, 20));
    setTimeout(check, 100);
  })`);
  return { opened, answers, whole, middle: await coloursSeen() };
}

const COLOURS = ['red', 'green', 'blue', 'white'];
const WITH_TOKEN = { loadTilesWithAjax: true, ajaxHeaders: { Authorization: authorization } };

test('a public IIIF viewer shows a public picture in a browser, as a whole and enlarged', async () => {
  await setVisibility('public');
  const { opened, answers, whole, middle } = await view({});
  expect([opened, whole, middle]).toEqual(['shown', COLOURS, COLOURS]);
  // A tile in its own size has "max" for its canonical address.
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 303]));
  expect(answers[0]?.path).toBe('info.json');
  // The whole at a fourth, and tiles of the original size.
  expect(answers.some(({ path }) => path.startsWith('512,512,512,512/512,512/0/'))).toBe(true);
});

test('it shows a private picture to whoever has a token, and to nobody else', async () => {
  await setVisibility('private');
  const { opened, answers, whole, middle } = await view(WITH_TOKEN);
  expect([opened, whole, middle]).toEqual(['shown', COLOURS, COLOURS]);
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 303]));

  const stranger = await view({});
  expect(stranger.opened).toContain('401');
  expect(new Set(stranger.whole)).toEqual(new Set(['black']));
  expect(new Set(stranger.answers.map(({ status }) => status))).toEqual(new Set([401]));
});
