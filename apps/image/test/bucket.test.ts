import { afterAll, expect, test, vi } from 'vitest';
import { openImage } from './open-image.ts';
import { corners, noise } from './pictures.ts';
import { openS3 } from './store/open-s3.ts';

const s3 = await openS3();
const image = await openImage();
const objects = [await s3.openStore(), await s3.openStore()];
const replicas = await Promise.all(objects.map((store) => image.openAnother({ objects: store })));
const [mia, elsewhere] = replicas.map((replica) => replica.guest({ sub: 'mia' })) as [
  ReturnType<(typeof image)['guest']>,
  ReturnType<(typeof image)['guest']>,
];
afterAll(async () => {
  for (const replica of replicas) await replica[Symbol.asyncDispose]();
  await image[Symbol.asyncDispose]();
  await s3[Symbol.asyncDispose]();
});

async function keysIn(folder: string): Promise<string[]> {
  const keys = [];
  for await (const { key } of objects[0]?.list(folder) ?? []) keys.push(key);
  return keys;
}

test('with its objects in a bucket, an image lives its life: through any replica, and nothing is left of it', async () => {
  const { id } = await mia.keep(await noise(300, 200).jpeg().toBuffer());
  for (const guest of [mia, elsewhere]) {
    expect((await guest.picture(id, 'full/max/0/default.jpg')).status).toBe(200);
    expect((await guest.picture(id, '10,10,100,100/50,/90/gray.webp')).status).toBe(200);
  }
  const [one, other] = [
    await mia.picture(id, 'full/30,/0/default.webp'),
    await elsewhere.picture(id, 'full/30,/0/default.webp'),
  ];
  expect(one.bytes).toEqual(other.bytes);
  expect(one.headers['content-length']).toBe(String(one.bytes.length));
  expect(await keysIn('originals')).toHaveLength(1);
  expect(await keysIn('derived')).toHaveLength(2);

  expect((await elsewhere.send('DELETE', `/image/images/${id}`)).status).toBe(204);
  expect((await mia.picture(id, 'full/max/0/default.jpg')).status).toBe(404);
  expect([...(await keysIn('originals')), ...(await keysIn('derived'))]).toEqual([]);
});

test('a server that is killed is 503 with Retry-After, and the service goes on when it is back (security 152)', async () => {
  const bytes = await corners().png().toBuffer();
  const { id } = await mia.keep(bytes);
  s3.signal('SIGKILL');
  for (const answer of [
    await mia.upload(bytes),
    await mia.picture(id, 'full/max/0/default.png'),
    await mia.picture(id, 'full/10,/0/default.png'),
  ]) {
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '1']);
  }
  expect((await mia.send('GET', '/image/images')).json.items).toHaveLength(1);

  await s3.restart();
  await vi.waitFor(async () => expect((await mia.upload(bytes)).status).toBe(201));
  expect((await mia.picture(id, 'full/10,/0/default.png')).status).toBe(200);
});
