import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import {
  Client,
  Guest,
  interleave,
  type Progress,
  ratio,
  ROOM_PATHS,
  spread,
  startMeasuredProcess,
  summarize,
  type Surroundings,
} from '@roomkey/experiment';

const ROUNDS = 9;
const SECONDS = 2;
const READERS = 4;
const BETWEEN_READS_MS = 5;

/** A few readers with a good token at one replica: the p99 of their answers with a flood of forged tokens beside them, and without. */
export async function measureFlood({ system, gateway }: Surroundings, progress: Progress) {
  const { card } = await (await Guest.register(gateway)).signIn();
  const [replica] = system.services.get('data') ?? [];
  if (replica === undefined) throw new Error('there is no replica of data');
  const { port } = new URL(replica.origin);
  await using reader = new Client(replica.origin, READERS);
  const p99 = (): Promise<number> => p99OfReads(reader, card);
  await p99();
  const { quiet, flooded } = await interleave(
    ROUNDS,
    {
      quiet: p99,
      async flooded() {
        await using _flood = await startMeasuredProcess(new URL('./servers/flood.ts', import.meta.url), [
          port,
          ROOM_PATHS.data,
          card,
        ]);
        return p99();
      },
    },
    progress,
  );
  return { p99ToQuiet: ratio(flooded, quiet), p99Ms: { quiet: spread(quiet), flooded: spread(flooded) } };
}

async function p99OfReads(client: Client, card: string): Promise<number> {
  const until = performance.now() + SECONDS * 1_000;
  const tookMs: number[] = [];
  const read = async (): Promise<void> => {
    while (performance.now() < until) {
      const sentAt = performance.now();
      await client.expect(200, ROOM_PATHS.data, { card });
      tookMs.push(performance.now() - sentAt);
      await pause(BETWEEN_READS_MS);
    }
  };
  await Promise.all(Array.from({ length: READERS }, read));
  return summarize(tookMs).p99;
}
