import { afterEach, expect, test, vi } from 'vitest';
import { createRecentBytes } from '../src/domain/recent-bytes.ts';
import { openImage } from './open-image.ts';
import { corners } from './pictures.ts';

afterEach(() => vi.useRealTimers());

test('what is asked for again comes from memory, to those alone who may see it', async () => {
  await using image = await openImage({ RECENT_BYTES: 1e6 });
  const { id } = await image.mia.keep(await corners(300, 200).png().toBuffer());
  const request = 'full/30,20/0/default.webp';
  const first = await image.mia.picture(id, request);
  await image.mia.picture(id, request);
  await image.objects.deleteFolder(`derived/${id.slice(0, 2)}/${id}`);
  const again = await image.mia.picture(id, request);
  expect(again.bytes).toEqual(first.bytes);
  expect(again.headers['content-length']).toBe(first.headers['content-length']);
  expect((await image.files()).filter((file) => file.startsWith('derived'))).toEqual([]);

  expect((await image.ben.picture(id, request)).status).toBe(404);
  expect((await image.stranger.picture(id, request)).status).toBe(401);
  expect((await image.mia.send('DELETE', `/image/images/${id}`)).status).toBe(204);
  expect((await image.mia.picture(id, request)).status).toBe(404);
});

test('memory is bounded: the longest unused goes first, and what is large is not taken', () => {
  const recent = createRecentBytes(160);
  expect(recent.maxBytes).toBe(10);
  for (let n = 0; n < 16; n += 1) recent.keep(`k${n}`, Buffer.alloc(10));
  expect(recent.get('k0')).toBeDefined();
  recent.keep('k16', Buffer.alloc(10));
  expect([recent.get('k1'), recent.get('k0')]).toEqual([undefined, Buffer.alloc(10)]);
  recent.keep('k0', Buffer.alloc(5));
  expect(recent.get('k0')).toHaveLength(5);
  expect(recent.get('k2')).toBeDefined();
});

test('nothing is remembered for more than a minute, however often it is asked for', () => {
  vi.useFakeTimers();
  const recent = createRecentBytes(160);
  recent.keep('k', Buffer.alloc(10));
  vi.advanceTimersByTime(59_000);
  expect(recent.get('k')).toBeDefined();
  vi.advanceTimersByTime(1_000);
  expect(recent.get('k')).toBeUndefined();
});
