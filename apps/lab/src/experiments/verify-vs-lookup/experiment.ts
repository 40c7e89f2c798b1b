import { httpRequest, saturate, summarize, type MeasuredProcess } from '@roomkey/experiment';
import type { LabExperiment } from '../../finding.ts';
import { conclude } from './conclude.ts';
import { measure } from './measure.ts';
import { startSides } from './sides.ts';

const ROUNDS = 15;
const QUICK_ROUNDS = 8;

/** Each way to know who asks, beside the same route that asks nobody. */
export const verifyVsLookup: LabExperiment = {
  name: 'verify-vs-lookup',
  claim:
    'Verifying a signature where the request arrives is faster than looking a session up over the network.',
  async run({ progress, isQuick }) {
    await using sides = await startSides(progress);
    const addedMs = await measurePaths(sides.paths);
    const measured = await measure(sides.all, isQuick ? QUICK_ROUNDS : ROUNDS, progress);
    return conclude({ sides: sides.all, measured, addedMs, missing: sides.missing });
  },
};

/** How much longer a round trip takes on each path than on the one without a delay. */
async function measurePaths(
  paths: ReadonlyMap<number, MeasuredProcess>,
): Promise<ReadonlyMap<number, number>> {
  const request = httpRequest(
    'POST',
    '/introspect',
    { 'content-type': 'application/x-www-form-urlencoded' },
    'token=unknown',
  );
  const took = new Map<number, number>();
  for (const [asked, { port }] of paths) {
    const { latenciesMs } = await saturate({ port, requests: [request], connections: 1, seconds: 0.5 });
    took.set(asked, summarize(latenciesMs.slice(latenciesMs.length / 2)).p50);
  }
  const direct = took.get(0) ?? NaN;
  return new Map([...took].filter(([asked]) => asked > 0).map(([asked, ms]) => [asked, ms - direct]));
}
