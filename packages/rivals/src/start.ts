import { randomBytes } from 'node:crypto';
import { startMeasuredProcess, type MeasuredProcess } from '@roomkey/experiment';
import type { DesignName } from './designs/index.ts';

/** What a design is told, as environment variables; see the table in the README. */
export type RivalSettings = Readonly<Record<string, string>>;

const start = (
  name: string,
  args: readonly string[],
  settings: RivalSettings = {},
): Promise<MeasuredProcess> =>
  startMeasuredProcess(new URL(`./processes/${name}.ts`, import.meta.url), args, settings);

/** The resource service in one of its designs, as a process. */
export function startRival(
  design: DesignName,
  settings: RivalSettings = {},
  servedBy: string = design,
): Promise<MeasuredProcess> {
  return start('resource-service', [design, servedBy], settings);
}

/** A desk that issues opaque tokens and tells about them (RFC 7662). */
export function startIntrospectionDesk(settings: RivalSettings = {}): Promise<MeasuredProcess> {
  return start('introspection-desk', [], settings);
}

/** A path to a port of this machine on which a round trip takes that much longer. Its own pace is some tenths of a millisecond. */
export function startSlowPath(port: number, roundTripMs: number): Promise<MeasuredProcess> {
  return start('slow-path', [String(port), String(roundTripMs)]);
}

/** @param mode `sticky`: a cookie names the replica; `spread`: each request goes to the next one */
export function startBalancer(
  mode: 'sticky' | 'spread',
  replicas: readonly MeasuredProcess[],
): Promise<MeasuredProcess> {
  return start('balancer', [mode, ...replicas.map(({ port }) => `http://127.0.0.1:${port}`)]);
}

/** What all replicas of one session service have in common. */
export function sessionSecret(): RivalSettings {
  return { SESSION_SECRET: randomBytes(32).toString('hex') };
}
