import type { MeasuredProcess } from './measured-process.ts';
import { saturate, type SaturationOptions } from './saturate.ts';

/**
 * Requests that a server answers in a second of its own processor time: what one saturated worker gives where nobody else has
 * the processor.
 */
export async function requestsPerCpuSecond(
  server: MeasuredProcess,
  options: Omit<SaturationOptions, 'port'>,
): Promise<number> {
  const before = await server.cpuMicroseconds();
  const { answered } = await saturate({ port: server.port, ...options });
  return (answered / ((await server.cpuMicroseconds()) - before)) * 1_000_000;
}
