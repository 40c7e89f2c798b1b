import { readFile } from 'node:fs/promises';
import { openRecordingServer } from '@roomkey/test-kit';
import { afterAll, describe, expect, test } from 'vitest';
import { BOMBS } from './corpus/bombs.ts';
import { BROKEN_IMAGES } from './corpus/broken-images.ts';
import { CARRIERS } from './corpus/carriers.ts';
import { LURE, PAYLOAD } from './corpus/hostile-file.ts';
import { NOT_IMAGES } from './corpus/not-images.ts';
import { ODD_IMAGES } from './corpus/odd-images.ts';
import { startServer } from './corpus/running-server.ts';
import { ALLOWED_PARTS, structureOf } from './file-structure.ts';
import { corners, SECRET } from './pictures.ts';

const MAX_EXTRA_BYTES = 150e6;
const MAX_MS = 5_000;
const CORPUS = [...NOT_IMAGES, ...BROKEN_IMAGES, ...BOMBS, ...CARRIERS, ...ODD_IMAGES];
const TRACES = [
  PAYLOAD,
  SECRET,
  'Exif',
  'xmpmeta',
  'ICC_PROFILE',
  'iCCP',
  'GPS',
  '<?php',
  '<script',
  'PK\u0003\u0004',
];

const PICTURES = ['full/max/0/default.jpg', 'full/!40,40/0/default.png', 'full/!20,20/90/gray.webp'];

const server = await startServer();
afterAll(() => server[Symbol.asyncDispose]());
// Files name an address to be fetched; it is one at which somebody listens.
const lure = await openRecordingServer(() => ({ status: 200, body: '' }));
afterAll(() => lure[Symbol.asyncDispose]());
const lureOrigin = `http://127.0.0.1:${new URL(lure.origin).port.padStart(5, '0')}`;
const withLure = (bytes: Buffer): Buffer =>
  bytes.includes(LURE) ? Buffer.from(bytes.toString('latin1').replaceAll(LURE, lureOrigin), 'latin1') : bytes;
// What each codec needs once is not a file's.
for (const kind of ['jpeg', 'png', 'webp', 'gif', 'avif'] as const) {
  await server.send('POST', '/image/images', await corners()[kind]().toBuffer());
}
const idle = await server.memory();
const settled = await server.files();

const worst = { ms: { value: 0, of: '' }, extraBytes: { value: 0, of: '' } };
afterAll(() => {
  const { ms, extraBytes } = worst;
  // oxlint-disable-next-line no-console -- how much was proved is part of the proof
  console.log(
    `${CORPUS.length} kinds of hostile or odd files. Slowest: ${ms.of} (${Math.round(ms.value)} ms). ` +
      `Most memory: ${extraBytes.of} (${Math.round(extraBytes.value / 1e6)} MB).`,
  );
});

/** Uploads, and measures what that costs: time, and memory of all processes beyond what they had before. */
async function upload(name: string, bytes: Buffer) {
  await server.resetPeak();
  const before = await server.memory();
  const startedAt = performance.now();
  const answer = await server.send('POST', '/image/images', bytes);
  const ms = performance.now() - startedAt;
  const extraBytes = (await server.peak()) - before;
  if (ms > worst.ms.value) worst.ms = { value: ms, of: name };
  if (extraBytes > worst.extraBytes.value) worst.extraBytes = { value: extraBytes, of: name };
  return { answer, ms, extraBytes };
}

/** What is wrong with an image that was taken: everything stored and served of it is looked through. */
async function faultsOfImage(id: string): Promise<string[]> {
  const faults = [];
  const found = [];
  for (const request of PICTURES) {
    const picture = await server.send('GET', `/image/iiif/${id}/${request}`);
    if (picture.status !== 200) faults.push(`${request}: ${picture.status}`);
    else found.push(Buffer.from(await picture.arrayBuffer()));
  }
  for (const file of await server.files()) if (file.includes(id)) found.push(await readFile(file));
  for (const bytes of found) {
    faults.push(...TRACES.filter((trace) => bytes.includes(trace)));
    faults.push(...structureOf(bytes).filter((part) => !ALLOWED_PARTS.has(part)));
  }
  const gone = await server.send('DELETE', `/image/images/${id}`);
  return gone.status === 204 ? faults : [...faults, `not deleted: ${gone.status}`];
}

/** What is wrong with a refusal: it is a sentence for people, and tells nothing of the inside. */
const faultsOfRefusal = (detail = ''): string[] =>
  /\w{2,} \w+/.test(detail) && !/vips|libpng|sharp|worker/i.test(detail) ? [] : [`says: ${detail}`];

test('the corpus has at least 60 kinds, each by a name of its own', () => {
  expect(CORPUS.length).toBeGreaterThanOrEqual(60);
  expect(new Set(CORPUS.map(({ name }) => name)).size).toBe(CORPUS.length);
});

describe('hostile and odd files get their answers within 150 MB and 5 s, and nothing but an image is left of them (security 123–129)', () => {
  test.each(CORPUS)('$name: $status', async ({ name, make, status }) => {
    const { answer, ms, extraBytes } = await upload(name, withLure(await make()));
    const { id, detail } = (await answer.json()) as { id?: string; detail?: string };
    expect([answer.status, detail === undefined]).toEqual([status, status === 201]);
    expect(id === undefined ? faultsOfRefusal(detail) : await faultsOfImage(id)).toEqual([]);
    expect(await server.files()).toEqual(settled);
    expect(ms).toBeLessThan(MAX_MS);
    expect(extraBytes).toBeLessThan(MAX_EXTRA_BYTES);
  });

  test('no upload has caused a request (security 132)', () => {
    expect(lure.received).toEqual([]);
  });

  test('when all is over, the memory is given back', async () => {
    expect((await server.memory()) - idle).toBeLessThan(MAX_EXTRA_BYTES);
  });
});
