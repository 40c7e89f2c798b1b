import type { MeasuredProcess } from './measured-process.ts';
import { saturate, type Saturation, type SaturationOptions } from './saturate.ts';

export interface MeasuredSaturation extends Saturation {
  /** Processor time that the server used meanwhile, in microseconds. */
  readonly cpuMicroseconds: number;
}

type Server = Pick<MeasuredProcess, 'port' | 'cpuMicroseconds'>;
type Load = Omit<SaturationOptions, 'port'>;

/** `saturate`, with the processor time that it cost the server. */
export async function saturateProcess(server: Server, load: Load): Promise<MeasuredSaturation> {
  const before = await server.cpuMicroseconds();
  const saturation = await saturate({ port: server.port, ...load });
  return { ...saturation, cpuMicroseconds: (await server.cpuMicroseconds()) - before };
}

/**
 * Requests that a server answers in a second of its own processor time: what one saturated worker gives where nobody else has
 * the processor.
 */
export async function requestsPerCpuSecond(server: Server, load: Load): Promise<number> {
  const { answered, cpuMicroseconds } = await saturateProcess(server, load);
  return (answered / cpuMicroseconds) * 1_000_000;
}
