import { interleave, saturate, summarize } from '@roomkey/experiment';
import type { Bench } from '../../finding.ts';
import type { Side } from './sides.ts';

/** What was measured of a side: a figure a round, but for the latencies, which are all of them. */
export interface Measured {
  /** Median latency of one request at a time. */
  readonly p50Ms: number[];
  readonly latenciesMs: number[];
  /** Processor time of the service for one request, with many in flight, in microseconds. */
  readonly serviceCpu: number[];
  /** The same, of the store. */
  readonly storeCpu: number[];
}

/** Long enough for the runtime to have compiled what is used: before, a request costs up to ten times as much. */
const WARM_UP_SECONDS = 1.2;
const SECONDS = 0.2;
const IN_FLIGHT = 16;

export async function measure(
  sides: readonly Side[],
  rounds: number,
  progress: Bench['progress'],
): Promise<ReadonlyMap<string, Measured>> {
  const measured = new Map<string, Measured>();
  for (const side of sides) {
    const { service, requests } = side;
    await saturate({ port: service.port, requests, connections: IN_FLIGHT, seconds: WARM_UP_SECONDS });
    measured.set(side.name, { p50Ms: [], latenciesMs: [], serviceCpu: [], storeCpu: [] });
  }
  progress('everything is warm');
  const entries = sides.map(
    (side) => [side.name, () => measureOnce(side, seriesOf(measured, side.name))] as const,
  );
  let round = 0;
  await interleave(rounds, Object.fromEntries(entries), () => {
    round += 1;
    progress(`round ${round} of ${rounds}`);
  });
  return measured;
}

export function seriesOf(measured: ReadonlyMap<string, Measured>, name: string): Measured {
  const series = measured.get(name);
  if (series === undefined) throw new Error(`there is no side ${name}`);
  return series;
}

async function measureOnce({ service, requests, storeCpu }: Side, series: Measured): Promise<number> {
  const { port } = service;
  const alone = await saturate({ port, requests, connections: 1, seconds: SECONDS });
  const before = { service: await service.cpuMicroseconds(), store: await storeCpu() };
  const { answered } = await saturate({ port, requests, connections: IN_FLIGHT, seconds: SECONDS });
  series.serviceCpu.push(((await service.cpuMicroseconds()) - before.service) / answered);
  series.storeCpu.push(((await storeCpu()) - before.store) / answered);
  series.latenciesMs.push(...alone.latenciesMs);
  const p50 = summarize(alone.latenciesMs.map((ms) => ms * 1_000)).p50 / 1_000;
  series.p50Ms.push(p50);
  return p50;
}
