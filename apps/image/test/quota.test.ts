import sharp from 'sharp';
import { expect, test } from 'vitest';
import { openImage, type Answer } from './open-image.ts';
import { corners, noise } from './pictures.ts';

const count = (answers: Answer[], status: number) =>
  answers.filter((answer) => answer.status === status).length;

test('a quota of images holds when uploads run beside each other on two replicas (security 133)', async () => {
  await using image = await openImage({ QUOTA_IMAGES: 5 });
  await using another = await image.openAnother();
  const bytes = await corners(8, 8).png().toBuffer();
  const replicas = [image.mia, another.guest({ sub: 'mia' })];
  const answers = await Promise.all(
    Array.from({ length: 24 }, (_, n) => replicas[n % 2]?.upload(bytes) as Promise<Answer>),
  );
  expect([count(answers, 201), count(answers, 403)]).toEqual([5, 19]);
  expect(answers.find(({ status }) => status === 403)?.json.type).toBe('urn:roomkey:problem:quota-exceeded');
  expect((await image.mia.send('GET', '/image/images')).json.items).toHaveLength(5);
  expect(await image.files()).toHaveLength(5);
  expect((await image.ben.upload(bytes)).status).toBe(201);
});

test('a quota of bytes counts what is kept, and holds in parallel too', async () => {
  const one = await noise(60, 60).png().toBuffer();
  await using image = await openImage({ QUOTA_BYTES: Math.floor(one.length * 3.5) });
  const answers = await Promise.all(Array.from({ length: 12 }, () => image.mia.upload(one)));
  expect([count(answers, 201), count(answers, 403)]).toEqual([3, 9]);
  const { items } = (await image.mia.send('GET', '/image/images')).json;
  const kept = items.reduce((sum: number, { bytes }: { bytes: number }) => sum + bytes, 0);
  expect(kept).toBeLessThanOrEqual(one.length * 3.5);
  const tiny = await sharp({ create: { width: 1, height: 1, channels: 3, background: '#fff' } })
    .png()
    .toBuffer();
  expect((await image.mia.upload(tiny)).status).toBe(201);
});

test('deleting gives room back, once', async () => {
  await using image = await openImage({ QUOTA_IMAGES: 2 });
  const bytes = await corners(8, 8).png().toBuffer();
  const [first] = [await image.mia.keep(bytes), await image.mia.keep(bytes)];
  expect((await image.mia.upload(bytes)).status).toBe(403);
  const deletions = await Promise.all(
    Array.from({ length: 6 }, () => image.mia.send('DELETE', `/image/images/${first.id}`)),
  );
  expect([count(deletions, 204), count(deletions, 404)]).toEqual([1, 5]);
  const answers = await Promise.all(Array.from({ length: 4 }, () => image.mia.upload(bytes)));
  expect([count(answers, 201), count(answers, 403)]).toEqual([1, 3]);
});

test('a single image larger than the whole quota is refused', async () => {
  await using image = await openImage({ QUOTA_BYTES: 10 });
  expect((await image.mia.upload(await corners().png().toBuffer())).status).toBe(403);
  expect(await image.files()).toEqual([]);
});
