/** sharp and nothing else: makes the same pictures as the image service, two at a time, and says how long that took. */
import { writeFile } from 'node:fs/promises';
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import sharp from 'sharp';
import type { BareRequest, BareResult } from '../bare-sharp.ts';

const IN_FLIGHT = 2;

sharp.concurrency(1);

process.on('message', (request: BareRequest) => {
  void (request.task === 'photograph' ? photograph(request) : transform(request)).then((result) =>
    process.send?.(result),
  );
});
process.on('disconnect', () => process.exit());

/** Something like a photograph of 12 megapixels: areas, edges, and the grain of a sensor. */
async function photograph({ path }: { readonly path: string }): Promise<BareResult> {
  const [width, height] = [4_000, 3_000];
  const coarse = sharp(noise(80, 60), { raw: { width: 80, height: 60, channels: 3 } });
  const areas = await coarse.resize(width, height, { kernel: 'cubic' }).raw().toBuffer();
  const grain = noise(width, height);
  for (let at = 0; at < areas.length; at += 1) {
    areas[at] = Math.max(0, Math.min(255, (areas[at] ?? 0) + (((grain[at] ?? 0) >> 4) - 8)));
  }
  await writeFile(
    path,
    await sharp(areas, { raw: { width, height, channels: 3 } })
      .jpeg({ quality: 92 })
      .toBuffer(),
  );
  return { tookMs: 0, cpuMicroseconds: 0 };
}

function noise(width: number, height: number): Buffer {
  const pixels = Buffer.alloc(width * height * 3);
  let state = 1;
  for (let at = 0; at < pixels.length; at += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    pixels[at] = state >>> 24;
  }
  return pixels;
}

async function transform({ path, format, sizes }: BareRequest & { task: 'transform' }): Promise<BareResult> {
  const before = process.cpuUsage();
  const startedAt = performance.now();
  const left = sizes.values();
  const work = async (): Promise<void> => {
    for (const [width, height] of left) {
      const image = sharp(path).resize(width, height, { fit: 'fill' });
      await (format === 'jpg' ? image.jpeg({ quality: 80 }) : image.webp({ quality: 80 })).toBuffer();
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, work));
  const { user, system } = process.cpuUsage(before);
  return { tookMs: performance.now() - startedAt, cpuMicroseconds: user + system };
}
