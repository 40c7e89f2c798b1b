import { hash } from 'node:crypto';
import { expect, test } from 'vitest';
import { openImage } from './open-image.ts';
import { corners } from './pictures.ts';

test('an owner takes away what is kept, byte for byte, and a current copy is not sent again', async () => {
  await using image = await openImage();
  const kept = await image.mia.keep(await corners(300, 200).png().toBuffer());
  const path = `/image/images/${kept.id}/original`;
  const taken = await image.mia.send('GET', path);
  expect([taken.status, taken.headers['content-type'], taken.headers['cache-control']]).toEqual([
    200,
    'image/png',
    'private, no-cache',
  ]);
  expect([taken.bytes.length, Number(taken.headers['content-length'])]).toEqual([kept.bytes, kept.bytes]);
  expect(taken.headers['etag']).toBe(`"${hash('sha256', taken.bytes)}"`);
  expect(taken.headers['content-disposition']).toBe(`attachment; filename="${kept.id}.png"`);
  const again = await image.mia.send('GET', path, { 'if-none-match': String(taken.headers['etag']) });
  expect([again.status, again.bytes.length]).toEqual([304, 0]);
});

test('the original of a public image stays its owner’s, and that of a removed one is gone', async () => {
  await using image = await openImage();
  const { id } = await image.mia.keep(await corners().png().toBuffer());
  const path = `/image/images/${id}/original`;
  const headers = { 'content-type': 'application/json' };
  const body = Buffer.from(JSON.stringify({ visibility: 'public' }));
  expect((await image.mia.send('PATCH', `/image/images/${id}`, headers, body)).status).toBe(200);
  expect((await image.ben.send('GET', path)).status).toBe(404);
  expect((await image.stranger.send('GET', path)).status).toBe(401);
  expect((await image.mia.send('DELETE', `/image/images/${id}`)).status).toBe(204);
  expect((await image.mia.send('GET', path)).status).toBe(404);
});
