import { setTimeout as pause } from 'node:timers/promises';
import {
  type Experiment,
  Guest,
  kidOf,
  Load,
  renewForEver,
  round,
  type Stay,
  type Surroundings,
  untilRefused,
  untilSignedByNewKey,
  withSystem,
} from '@roomkey/experiment';

const ROTATIONS = 10;
const MIN_REQUESTS = 100_000;
const GUESTS = 4;
const MAX_EMERGENCY_MS = 1_000;

/** Ten rotations, and one emergency, while all rooms are read with cards of every key. */
export const rotation: Experiment = {
  name: 'rotation',
  claim: 'Rotating the signing key refuses not one valid token; a leaked key is out within a second.',
  run: (progress) =>
    withSystem(
      {
        replicas: 2,
        auth: { JWKS_MAX_AGE_SECONDS: '1', KEY_PENDING_SECONDS: '4', ACCESS_TOKEN_SECONDS: '60' },
      },
      progress,
      async (surroundings) => {
        const { gateway } = surroundings;
        const stays: Stay[] = [];
        for (let count = 0; count < GUESTS; count += 1)
          stays.push(await (await Guest.register(gateway)).signIn());
        const renewal = renewForEver(surroundings, stays);
        let turn = 0;
        const load = new Load({
          client: gateway,
          concurrency: 24,
          pauseMs: 0,
          card: () => stays[(turn += 1) % stays.length]?.card,
        });

        const kids = new Set(stays.map((stay) => kidOf(stay.card)));
        for (let count = 1; count <= ROTATIONS; count += 1) {
          await surroundings.admin.rotateKeys();
          await untilSignedByNewKey(stays, kids);
          progress(
            `rotation ${count} of ${ROTATIONS}; ${load.figures.sent} requests, ${load.figures.refused} refused`,
          );
        }
        while (load.figures.sent < MIN_REQUESTS) {
          await pause(1_000);
          progress(`${load.figures.sent} of ${MIN_REQUESTS} requests, ${load.figures.refused} refused`);
        }
        await renewal.stop();
        const figures = await load.stop();

        const emergencyMs = await emergency(surroundings);
        progress(`emergency: the last replica refused the leaked key's card after ${round(emergencyMs)} ms`);
        return {
          figures: {
            rotations: kids.size - 1,
            requests: figures.sent,
            refused: figures.refused,
            refusals: figures.refusals,
            byReplica: Object.fromEntries(figures.byReplica),
            emergencyMs: round(emergencyMs),
          },
          goal: `0 of at least ${MIN_REQUESTS} valid tokens refused over ${ROTATIONS} rotations; a leaked key refused everywhere within ${MAX_EMERGENCY_MS} ms`,
          ok:
            figures.refused === 0 &&
            figures.sent >= MIN_REQUESTS &&
            kids.size > ROTATIONS &&
            emergencyMs <= MAX_EMERGENCY_MS,
        };
      },
    ),
};

/** From the answer to the revocation of the active key to the last replica's first refusal of its card. */
async function emergency({ gateway, admin, rooms }: Surroundings): Promise<number> {
  const guest = await Guest.register(gateway);
  const { card } = await guest.signIn();
  const delays = await untilRefused(rooms, { card }, () => admin.revokeKey(kidOf(card)));
  const { card: next } = await guest.signIn();
  if (kidOf(next) === kidOf(card)) throw new Error('the revoked key still signs');
  return Math.max(...delays);
}
