import { type Progress, withSystem } from '@roomkey/experiment';
import type { LabExperiment } from '../../finding.ts';
import { conclude } from './conclude.ts';
import { killDeskUnderRefreshes, killUnderLoad, type Loss } from './kill.ts';
import { type Fleet, startFleets } from './fleets.ts';

const KILLS = 12;
const QUICK_KILLS = 4;
const DESK_REPLICAS = 2;

/** One replica after the other is killed while everybody goes on; each design in turn. */
export const failover: LabExperiment = {
  name: 'failover',
  claim: 'A lost instance loses nobody their sign-in: with tokens, any other one goes on.',
  run: ({ progress, isQuick }) =>
    withSystem(
      { replicas: DESK_REPLICAS, auth: { ACCESS_TOKEN_SECONDS: '900' } },
      progress,
      async (surroundings) => {
        progress('starting four replicas of each design');
        await using fleets = await startFleets(surroundings);
        const kills = isQuick ? QUICK_KILLS : KILLS;
        const losses = await killInTurns(fleets.all, kills, progress);
        const desk: Loss[] = [];
        for (let turn = 0; turn < kills; turn += 1) {
          desk.push(await killDeskUnderRefreshes(surroundings, `auth-${(turn % DESK_REPLICAS) + 1}`));
          progress(`a replica of the desk killed: ${JSON.stringify(desk.at(-1))}`);
        }
        return conclude({ losses, desk, missing: fleets.missing });
      },
    ),
};

async function killInTurns(
  fleets: readonly Fleet[],
  kills: number,
  progress: Progress,
): Promise<ReadonlyMap<string, readonly Loss[]>> {
  const losses = new Map<string, Loss[]>(fleets.map(({ name }) => [name, []]));
  for (let turn = 0; turn < kills; turn += 1) {
    for (const fleet of turn % 2 === 0 ? fleets : fleets.toReversed())
      losses.get(fleet.name)?.push(await killUnderLoad(fleet, turn));
    const seen = [...losses].map(
      ([name, all]) => `${name} ${all.at(-1)?.signedOut} of ${all.at(-1)?.guests}`,
    );
    progress(`kill ${turn + 1} of ${kills}, signed out: ${seen.join(', ')}`);
  }
  return losses;
}
