import { randomUUID } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { argv } from 'node:process';
import { listenMeasured } from '@roomkey/experiment/measured';
import type { PictureFormat } from '../bare-sharp.ts';
import { createWorkerPool } from '../../../image/src/imaging/worker-pool.ts';

/**
 * The least that a service can do which makes pictures in processes of their own, as the image service does: each picture is made,
 * written through to the disk and given out. Nobody is asked who they are, nothing is looked up, nothing is kept under a name.
 */
const [original = '', folder = ''] = argv.slice(2);
const pool = createWorkerPool({ workers: 2, maxWaiting: 16, timeoutMs: 10_000, onLoss: () => {} });

const server = createServer((request, response) => void answer(request.url ?? '', response));
listenMeasured(server);

/** @param path such as `/800,600.jpg` */
async function answer(path: string, response: ServerResponse): Promise<void> {
  const [, width, height, format] = /^\/(\d+),(\d+)\.(jpg|webp)$/.exec(path) ?? [];
  const picture = await make(Number(width), Number(height), format as PictureFormat);
  response.writeHead(200, { 'content-length': picture.length }).end(picture);
}

async function make(width: number, height: number, format: PictureFormat): Promise<Buffer> {
  const output = join(folder, randomUUID());
  const whole = { region: 'full', rotation: 0, mirrored: false, quality: 'default' } as const;
  await pool.derive({ input: original, output, derivation: { ...whole, width, height, format } });
  const picture = await readFile(output);
  await rm(output);
  return picture;
}
