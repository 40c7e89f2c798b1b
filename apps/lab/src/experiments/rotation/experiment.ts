import {
  Guest,
  Load,
  type Progress,
  renewForEver,
  type Stay,
  type Surroundings,
  untilSignedByNewKey,
  withSystem,
} from '@roomkey/experiment';
import type { LabExperiment } from '../../finding.ts';
import { conclude, type Rotations } from './conclude.ts';
import { rotateWithoutWarning, type Surprise } from './surprise.ts';

/** As short as the desk allows, so that a planned rotation takes seconds. */
const KEYS = { JWKS_MAX_AGE_SECONDS: '1', KEY_PENDING_SECONDS: '3', ACCESS_TOKEN_SECONDS: '60' };
const REPLICAS = 2;
const GUESTS = 4;
const READERS = 16;
const PAUSE_MS = 2;
const PLANNED = 6;
const QUICK_PLANNED = 2;
const SURPRISES = 20;
const QUICK_SURPRISES = 5;

/** Keys change under load: published first, and all of a sudden; with verifiers that hear of it, and with those that only look. */
export const rotation: LabExperiment = {
  name: 'rotation',
  claim: 'Signing keys can be changed without a ripple: verifiers pick the new one up by themselves.',
  async run({ progress, isQuick }) {
    const rotations: Rotations[] = [];
    for (const hints of [true, false]) {
      const name = hints ? 'verifiers that are told' : 'verifiers that look every 2 s';
      progress(name);
      const seen = await withSystem({ replicas: REPLICAS, hints, auth: KEYS }, progress, (surroundings) =>
        rotate(surroundings, isQuick, progress),
      );
      rotations.push({ name, ...seen });
    }
    return conclude(rotations);
  },
};

async function rotate(
  surroundings: Surroundings,
  isQuick: boolean,
  progress: Progress,
): Promise<Omit<Rotations, 'name'>> {
  const planned = await rotateInTime(surroundings, isQuick ? QUICK_PLANNED : PLANNED, progress);
  const surprises: Surprise[] = [];
  for (let count = 0; count < (isQuick ? QUICK_SURPRISES : SURPRISES); count += 1)
    surprises.push(await rotateWithoutWarning(surroundings));
  progress(
    `without publishing first, refused each time: ${surprises.map(({ refused }) => refused).join(', ')}`,
  );
  return { planned, surprises };
}

/** Every key is published before it signs; cards of all keys are read with meanwhile. */
async function rotateInTime(
  surroundings: Surroundings,
  count: number,
  progress: Progress,
): Promise<Rotations['planned']> {
  const { gateway, admin } = surroundings;
  const stays: Stay[] = [];
  for (let guest = 0; guest < GUESTS; guest += 1) stays.push(await (await Guest.register(gateway)).signIn());
  const renewal = renewForEver(surroundings, stays);
  let turn = 0;
  const load = new Load({
    client: gateway,
    concurrency: READERS,
    pauseMs: PAUSE_MS,
    card: () => stays[(turn += 1) % stays.length]?.card,
  });
  const kids = new Set<string>();
  await untilSignedByNewKey(stays, kids);
  for (let done = 0; done < count; done += 1) {
    await admin.rotateKeys();
    await untilSignedByNewKey(stays, kids);
    progress(`published first: ${load.figures.refused} of ${load.figures.sent} refused so far`);
  }
  await renewal.stop();
  const { sent, refused, refusals } = await load.stop();
  return { count, requests: sent, refused, refusals };
}
