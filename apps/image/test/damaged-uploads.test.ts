import { createSeeded, faultOfRefusal } from '@roomkey/test-kit';
import { afterAll, expect, test } from 'vitest';
import { openImage } from './open-image.ts';
import { animation, noise } from './pictures.ts';

const image = await openImage();
afterAll(() => image[Symbol.asyncDispose]());

test('an empty body is a bad request', async () => {
  const sent = await image.mia.upload(Buffer.alloc(0));
  const none = await image.mia.send('POST', '/image/images');
  for (const answer of [sent, none]) {
    expect(faultOfRefusal({ ...answer, text: '' }, [400])).toBeUndefined();
  }
});

test('whatever byte of an image is damaged, the answer is a verdict and never a fault (security 127)', async () => {
  const seeded = createSeeded();
  const sources = await Promise.all([
    noise(40, 30).jpeg({ progressive: true }).toBuffer(),
    noise(40, 30).png().toBuffer(),
    noise(40, 30).webp().toBuffer(),
    animation(3).gif().toBuffer(),
    noise(40, 30).avif().toBuffer(),
  ]);
  for (let round = 0; round < 100; round += 1) {
    const bytes = Buffer.from(seeded.pick(sources));
    for (let hits = 1 + seeded.int(4); hits > 0; hits -= 1) bytes[seeded.int(bytes.length)] = seeded.int(256);
    const { status } = await image.mia.upload(bytes);
    expect([201, 415, 422], `seed ${seeded.seed}, round ${round}`).toContain(status);
  }
  expect((await image.files()).filter((file) => file.startsWith('scratch'))).toEqual([]);
});
