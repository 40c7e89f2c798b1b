import { openDatabase } from '@roomkey/database';
import { closedPort, createTestIssuer, openSilentServer } from '@roomkey/test-kit';
import { sql } from 'kysely';
import { expect, test, vi } from 'vitest';
import type { ObjectStore } from '../src/domain/object-store.ts';
import { openImage, openReplica, RESOURCE, type Guest } from './open-image.ts';
import { corners } from './pictures.ts';

const desk = createTestIssuer({ audience: RESOURCE });
const ID = '00000000-0000-4000-8000-000000000000';
const bytes = await corners().png().toBuffer();

async function expectUnavailable(mia: Guest): Promise<void> {
  const answers = await Promise.all([
    mia.upload(bytes),
    mia.send('GET', '/image/images'),
    mia.send('GET', `/image/images/${ID}`),
    mia.send('DELETE', `/image/images/${ID}`),
    mia.picture(ID, 'full/max/0/default.jpg'),
  ]);
  for (const { status, headers } of answers) expect([status, headers['retry-after']]).toEqual([503, '1']);
}

test('a database that is away is 503 with Retry-After, in bounded time (security 151)', async () => {
  await using image = await openImage();
  await using silent = await openSilentServer();
  for (const port of [await closedPort(), silent.port]) {
    const databaseUrl = `postgres://a:b@127.0.0.1:${port}/image`;
    await using replica = await openReplica({ databaseUrl, objects: image.objects, desk });
    await expectUnavailable(replica.guest());
    const ready = await replica.app.inject('/readyz');
    expect([ready.statusCode, ready.json().missing]).toEqual([503, ['database']]);
  }
  expect(await image.files()).toEqual([]);
});

const fullDisk = () =>
  Promise.reject(Object.assign(new Error('no space left on device'), { code: 'ENOSPC' }));

test('a full disk is 503, nothing is half stored, and work goes on when there is room again (security 152)', async () => {
  await using image = await openImage();
  const { id } = await image.mia.keep(bytes);
  const full: ObjectStore = {
    ...image.objects,
    put: fullDisk,
    putReplaceable: fullDisk,
    requireWritable: fullDisk,
  };
  await using replica = await image.openAnother({ objects: full });
  const mia = replica.guest({ sub: 'mia' });
  expect((await mia.upload(bytes)).status).toBe(503);
  const derivative = await mia.picture(id, 'full/10,/0/default.webp');
  expect([derivative.status, derivative.headers['retry-after']]).toEqual([503, '1']);
  expect((await replica.app.inject('/readyz')).json().missing).toEqual(['object store']);
  expect((await mia.send('GET', '/image/images')).json.items).toHaveLength(1);
  expect(await image.files()).toHaveLength(1);

  expect((await image.mia.upload(bytes)).status).toBe(201);
  expect((await image.mia.picture(id, 'full/10,/0/default.webp')).status).toBe(200);
});

test('a disk that fills up while an upload comes in is 503 too', async () => {
  await using image = await openImage();
  const full: ObjectStore = {
    ...image.objects,
    scratch: () => ({ ...image.objects.scratch(), append: fullDisk }),
  };
  await using replica = await image.openAnother({ objects: full });
  expect((await replica.guest({ sub: 'mia' }).upload(bytes)).status).toBe(503);
  expect(await image.files()).toEqual([]);
});

test('an image that no worker begins is 503 with Retry-After, and not its own fault', async () => {
  const away = () => Promise.reject(Object.assign(new Error('no image worker'), { code: 'EAGAIN' }));
  await using image = await openImage();
  const { id } = await image.mia.keep(bytes);
  await using replica = await image.openAnother({ processor: { normalise: away, derive: away } });
  const mia = replica.guest({ sub: 'mia' });
  const answers = [await mia.upload(bytes), await mia.picture(id, 'full/10,/0/default.webp')];
  for (const { status, headers } of answers) expect([status, headers['retry-after']]).toEqual([503, '1']);
  expect(await image.files()).toHaveLength(1);
});

test('an upload whose row may or may not have been made keeps its bytes, so that no visible image is without them', async () => {
  await using image = await openImage();
  await using admin = openDatabase<object>({
    url: image.databaseUrl,
    applicationName: 'admin',
    onError: () => {},
  });
  // The row is made, and then the answer to it is lost.
  await sql`create function lose_answer() returns trigger language plpgsql as $$
    begin perform pg_terminate_backend(pg_backend_pid()); return null; end $$`.execute(admin.db);
  await sql`create constraint trigger lose_answer after insert on images deferrable initially deferred
    for each row execute function lose_answer()`.execute(admin.db);
  expect((await image.mia.upload(bytes)).status).toBe(503);
  expect(await image.files()).toHaveLength(1);
  await sql`drop trigger lose_answer on images`.execute(admin.db);
  // A connection that was cut is told of a moment later; until then a request may meet it.
  const list = await vi.waitFor(async () => {
    const answer = await image.mia.send('GET', '/image/images');
    expect(answer.status).toBe(200);
    return answer.json.items;
  });
  for (const { id } of list) {
    expect((await image.mia.picture(id, 'full/max/0/default.jpg')).status).toBe(200);
  }
});

test('a deleted image is gone for everybody even if its bytes cannot be removed', async () => {
  await using image = await openImage();
  const { id } = await image.mia.keep(bytes);
  await using replica = await image.openAnother({ objects: { ...image.objects, deleteFolder: fullDisk } });
  expect((await replica.guest({ sub: 'mia' }).send('DELETE', `/image/images/${id}`)).status).toBe(204);
  expect((await image.mia.picture(id, 'full/max/0/default.png')).status).toBe(404);
});

test('an image whose bytes were lost is a fault of ours, and says nothing of the inside', async () => {
  await using image = await openImage();
  const { id } = await image.mia.keep(bytes);
  await image.objects.deleteFolder('originals');
  const { status, json } = await image.mia.picture(id, 'full/10,/0/default.jpg');
  expect([status, Object.keys(json).sort()]).toEqual([500, ['instance', 'status', 'title', 'type']]);
});

test('more work than can wait is 503 with Retry-After (security 126)', async () => {
  await using image = await openImage({ workers: 1, maxWaiting: 1 });
  const answers = await Promise.all(Array.from({ length: 8 }, () => image.mia.upload(bytes)));
  const statuses = answers.map(({ status }) => status);
  expect(new Set(statuses)).toEqual(new Set([201, 503]));
  const refused = answers.filter(({ status }) => status === 503);
  expect(new Set(refused.map(({ headers }) => headers['retry-after']))).toEqual(new Set(['1']));
  expect((await image.mia.upload(bytes)).status).toBe(201);
  expect(await image.files()).toHaveLength(statuses.filter((status) => status === 201).length + 1);
});

test('the caching of a picture names every header its answer depends on (security 138)', async () => {
  await using image = await openImage({ CORS_ORIGINS: 'https://app.example.com' });
  const { id } = await image.mia.keep(bytes);
  const { headers } = await image.mia.picture(id, 'full/max/0/default.png', {
    origin: 'https://app.example.com',
  });
  expect(String(headers['vary']).split(', ').sort()).toEqual(['Authorization', 'Origin']);
  expect(headers['access-control-allow-origin']).toBe('https://app.example.com');
});
