import { expect, test } from 'vitest';
import { openImage } from './open-image.ts';

interface Operation {
  summary?: string;
  security?: unknown;
  responses: Record<string, unknown>;
}

test('every route describes itself: what for, with which token, what comes back', async () => {
  await using image = await openImage();
  const { paths } = (await image.app.inject('/image/docs/json')).json<{
    paths: Record<string, Record<string, Operation>>;
  }>();
  expect(Object.keys(paths).sort()).toEqual([
    '/image/iiif/{id}',
    '/image/iiif/{id}/info.json',
    '/image/iiif/{id}/{region}/{size}/{rotation}/{file}',
    '/image/images',
    '/image/images/{id}',
    '/image/images/{id}/links',
    '/image/images/{id}/original',
  ]);
  for (const operation of Object.values(paths).flatMap((path) => Object.values(path))) {
    expect(operation.summary).toMatch(/\w+/);
    expect([[{ accessToken: [] }], [{ accessToken: [] }, {}]]).toContainEqual(operation.security);
    expect(Object.keys(operation.responses)).toContain('4XX');
  }
});
