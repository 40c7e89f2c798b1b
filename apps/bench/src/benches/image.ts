import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  Guest,
  httpRequest,
  interleave,
  ratio,
  saturate,
  spread,
  startMeasuredProcess,
  temporaryFolder,
  withSystem,
  type Experiment,
  type MeasuredProcess,
  type Progress,
  type SaturationOptions,
  type Surroundings,
} from '@roomkey/experiment';
import { REPLICA_ENVIRONMENT } from '@roomkey/embedded-system';
import { startBareSharp, type BareSharp, type PictureFormat, type PictureSize } from '../bare-sharp.ts';
import { cpuMicrosecondsOfTree } from '../process-tree-cpu.ts';

const WARM_UP_ROUNDS = 8;
const ROUNDS = 15;
const KEPT_PICTURES = 12;
/** Of sharp alone in each round, so that one takes about a second. */
const PICTURES: Readonly<Record<PictureFormat, number>> = { jpg: 40, webp: 24 };
/** Two are worked on, and two wait, so that a worker never does. */
const COLD = { connections: 4, seconds: 1.2 };
const STORED = { connections: 16, seconds: 0.5 };
const GOAL_COLD = 0.97;
const GOAL_STORED = 250;

/**
 * P7: what the service adds to the work of sharp, and what keeping its results saves; and what a server adds that does nothing else
 * than have pictures made in processes of their own, which is the most that `coldToBare` can become.
 */
export const image: Experiment = {
  name: 'image',
  claim: `P7: the image service transforms at least ${GOAL_COLD} times as fast as sharp alone, and serves what it keeps at least ${GOAL_STORED} times as fast.`,
  run: (progress) =>
    withSystem({ replicas: 1 }, progress, async (surroundings) => {
      await using temporary = temporaryFolder('bench-image');
      const folder = temporary.path;
      await using bare = startBareSharp();
      const kept = await keepPhotograph(surroundings, bare, folder);
      await using least = await startMeasuredProcess(
        new URL('../servers/pictures-alone.ts', import.meta.url),
        [kept.path, folder],
        REPLICA_ENVIRONMENT,
      );
      const jpg = await measure('jpg', kept, bare, least, progress);
      const webp = await measure('webp', kept, bare, least, progress);
      return {
        figures: { jpg, webp },
        goal: `cold at least ${GOAL_COLD} of bare sharp, stored at least ${GOAL_STORED} times cold (WebP), each by processor time`,
        ok:
          Math.min(jpg.coldToBare.median, webp.coldToBare.median) >= GOAL_COLD &&
          webp.storedToCold.median >= GOAL_STORED,
      };
    }),
};

interface KeptPhotograph {
  /** The stored original, as sharp alone reads it. */
  readonly path: string;
  readonly port: number;
  readonly pid: number;
  request(size: PictureSize, format: PictureFormat): Buffer;
}

/** A photograph of 12 megapixels in the one replica of the image service, asked without the gateway. */
async function keepPhotograph(
  { system, gateway }: Surroundings,
  bare: BareSharp,
  folder: string,
): Promise<KeptPhotograph> {
  const [replica] = system.services.get('image') ?? [];
  if (replica?.pid === undefined) throw new Error('there is no replica of image');
  const upload = join(folder, 'upload.jpg');
  await bare.run({ task: 'photograph', path: upload });
  const { card } = await (await Guest.register(gateway)).signIn();
  const authorization = `Bearer ${card}`;
  const created = await fetch(`${replica.origin}/image/images`, {
    method: 'POST',
    headers: { authorization },
    body: await readFile(upload),
  });
  if (created.status !== 201) throw new Error(`the photograph was not taken: ${await created.text()}`);
  const { id } = (await created.json()) as { id: string };
  const original = await fetch(`${replica.origin}/image/images/${id}/original`, {
    headers: { authorization },
  });
  const path = join(folder, 'original.jpg');
  await writeFile(path, Buffer.from(await original.arrayBuffer()));
  return {
    path,
    port: Number(new URL(replica.origin).port),
    pid: replica.pid,
    request: ([width, height], format) =>
      httpRequest('GET', `/image/iiif/${id}/full/${width},${height}/0/default.${format}`, { authorization }),
  };
}

async function measure(
  format: PictureFormat,
  kept: KeptPhotograph,
  bare: BareSharp,
  least: MeasuredProcess,
  progress: Progress,
) {
  const sizes = freshSizes();
  const fresh = () => kept.request(sizes.next().value, format);
  const known = Array.from({ length: KEPT_PICTURES }, fresh);
  const wall = { cold: [] as number[], bare: [] as number[], stored: [] as number[] };

  async function cold(): Promise<number> {
    const { perSecond, perCpuSecond } = await throughput(kept, { requests: fresh, ...COLD });
    wall.cold.push(perSecond);
    return perCpuSecond;
  }

  async function alone(): Promise<number> {
    const wanted = Array.from({ length: PICTURES[format] }, () => sizes.next().value);
    const { tookMs, cpuMicroseconds } = await bare.run({
      task: 'transform',
      path: kept.path,
      format,
      sizes: wanted,
    });
    wall.bare.push((wanted.length / tookMs) * 1_000);
    return (wanted.length / cpuMicroseconds) * 1_000_000;
  }

  async function floor(): Promise<number> {
    const requests = (): Buffer => httpRequest('GET', `/${sizes.next().value.join(',')}.${format}`);
    return (await throughput(least, { requests, ...COLD })).perCpuSecond;
  }

  async function stored(): Promise<number> {
    const { perSecond, perCpuSecond } = await throughput(kept, { requests: known, ...STORED });
    wall.stored.push(perSecond);
    return perCpuSecond;
  }

  progress(`${format}: all sides warm up`);
  // The first round makes what is kept from then on; a service runs for weeks, so its code is compiled before it is measured.
  const warmUp = Array.from({ length: WARM_UP_ROUNDS }, () => [cold, floor]).flat();
  for (const side of [stored, alone, ...warmUp]) await side();
  for (const figures of Object.values(wall)) figures.length = 0;
  const figures = await interleave(ROUNDS, { cold, bare: alone, floor, stored }, progress);
  return {
    coldToBare: ratio(figures.cold, figures.bare),
    floorToBare: ratio(figures.floor, figures.bare),
    coldToBareByTheClock: ratio(wall.cold, wall.bare),
    storedToCold: ratio(figures.stored, figures.cold),
    storedToColdByTheClock: ratio(wall.stored, wall.cold),
    perSecond: { cold: spread(wall.cold), bare: spread(wall.bare), stored: spread(wall.stored) },
  };
}

/** Sizes that nobody has asked for yet, all nearly the same: each picture is made, and none costs more than another. */
function* freshSizes(): Generator<PictureSize, never> {
  for (let next = 0; ; next += 1) yield [760 + (next % 80), 580 + (Math.floor(next / 80) % 40)];
}

/** By the clock, and by processor time of the service and its workers. */
async function throughput(
  { port, pid }: Pick<KeptPhotograph, 'port' | 'pid'>,
  load: Omit<SaturationOptions, 'port'>,
) {
  const before = await cpuMicrosecondsOfTree(pid);
  const { answered, perSecond } = await saturate({ port, ...load });
  const cpu = (await cpuMicrosecondsOfTree(pid)) - before;
  return { perSecond, perCpuSecond: (answered / cpu) * 1_000_000 };
}
