/** How an export flows: no faster than it is read, and no longer than its token. */
import { memoryUsage } from 'node:process';
import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { openExport } from './open-export.ts';
import { readArchive } from './read-archive.ts';

const PIECE = Buffer.alloc(64 * 1024, 'x');
const NO_ARCHIVE = /^(End of central directory record signature not found|Invalid comment length)/;
const MIB = 1024 * 1024;
const ID = '00000000-0000-4000-8000-00000000000a';

/** An export with one picture, made while it is read. */
async function openLarge(pieces: number) {
  const picture = { sent: 0, left: false };
  function* parts() {
    for (; picture.sent < pieces; picture.sent += 1) yield PIECE;
  }
  const data = await openExport();
  data.answers.now = (path) => {
    if (path.startsWith('/image/images?')) return { body: { items: [{ id: ID, format: 'png' }] } };
    if (!path.startsWith('/image')) return undefined;
    return { body: Readable.from(parts()).once('close', () => (picture.left = true)) };
  };
  return { ...data, picture };
}

test('a reader who does not read holds up everything before it; one who does gets it all, in bounded memory', async () => {
  const pieces = 4_000;
  await using data = await openLarge(pieces);
  const answer = await data.download();
  await expect.poll(() => data.picture.sent).toBeGreaterThan(0);
  const reached: number[] = [];
  await expect
    .poll(() => {
      reached.push(data.picture.sent);
      return reached.at(-1) === reached.at(-5) && reached.length > 5;
    })
    .toBe(true);
  expect(data.picture.sent).toBeLessThan(pieces / 2);

  const before = memoryUsage.rss();
  let most = 0;
  let length = 0;
  for await (const bytes of answer.body ?? []) {
    length += bytes.length;
    most = Math.max(most, memoryUsage.rss());
  }
  expect(length).toBeGreaterThan(pieces * PIECE.length);
  expect((most - before) / MIB).toBeLessThan(128);
});

test('a reader who leaves ends it: nothing more is asked for in their name', async () => {
  await using data = await openLarge(1_000_000);
  const leaving = new AbortController();
  const answer = await data.download({}, { signal: leaving.signal });
  expect(answer.status).toBe(200);
  await expect.poll(() => data.picture.sent).toBeGreaterThan(0);
  leaving.abort();
  await expect.poll(() => data.picture.left).toBe(true);
});

test('an archive that is cut anywhere is no archive', async () => {
  await using data = await openExport();
  const whole = Buffer.from(await (await data.download()).arrayBuffer());
  await readArchive(whole);
  for (const part of [0.1, 0.5, 0.9, 0.999])
    await expect(readArchive(whole.subarray(0, whole.length * part))).rejects.toThrow(NO_ARCHIVE);
  await expect(readArchive(whole.subarray(0, -1))).rejects.toThrow(NO_ARCHIVE);
});

test('a user has two exports at a time, and a third is told to wait', async () => {
  await using data = await openLarge(1_000_000);
  const leaving = new AbortController();
  // Held: an answer that nobody holds is given up.
  const open = [
    await data.download({}, { signal: leaving.signal }),
    await data.download({ jti: 'second' }, { signal: leaving.signal }),
  ];
  expect(open.map(({ status }) => status)).toEqual([200, 200]);
  const third = await data.download({ jti: 'third' });
  expect([third.status, third.headers.get('retry-after')]).toEqual([429, '30']);
  expect(open.map(({ bodyUsed }) => bodyUsed)).toEqual([false, false]);
  leaving.abort();
});

test('documents are given out no longer than the token is good', async () => {
  await using data = await openExport();
  for (const collection of ['a', 'b']) {
    await data.mia('POST', `/data/collections/${collection}/documents`, { body: {} });
  }
  let isOver = false;
  const gate = Promise.withResolvers<void>();
  data.answers.now = async (path) => {
    if (path !== '/profile/profiles/Mia/avatar') return undefined;
    await gate.promise;
    return { body: 'picture' };
  };
  const now = Math.floor(Date.now() / 1_000);
  const answer = await data.download({ iat: now - 298, exp: now + 2 });
  expect(answer.status).toBe(200);
  const rest = answer.arrayBuffer();
  await expect.poll(() => (isOver = Date.now() / 1_000 > now + 2)).toBe(true);
  gate.resolve();
  expect(isOver).toBe(true);
  await expect(rest).rejects.toThrow('terminated');
});
