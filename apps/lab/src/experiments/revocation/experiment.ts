import { type Progress, refusalDelays, revokedCard, withSystem } from '@roomkey/experiment';
import type { LabExperiment } from '../../finding.ts';
import { conclude } from './conclude.ts';
import { measureCost } from './cost.ts';
import { deleteSession, startSessionSides, type SessionSide } from './session-sides.ts';

const REVOCATIONS = 60;
const QUICK_REVOCATIONS = 15;
const WITHOUT_HINTS = 10;
const QUICK_WITHOUT_HINTS = 3;
const ROUNDS = 61;
const QUICK_ROUNDS = 25;
/** Two of each of three services: as many as the session services have. */
const SYSTEM = { replicas: 2, auth: { ACCESS_TOKEN_SECONDS: '900' } };
const OURS = 'token';
const OURS_POLLING = 'token, without hints';

/** How long what is revoked still works somewhere, and what a request pays for that. */
export const revocation: LabExperiment = {
  name: 'revocation',
  claim: 'Tokens can be revoked as well as sessions can, without asking anybody for each request.',
  async run({ progress, isQuick }) {
    const seen = await withSystem(SYSTEM, progress, async (surroundings) => {
      await using sessions = await startSessionSides(progress);
      const delays = await revokeInTurns(
        isQuick ? QUICK_REVOCATIONS : REVOCATIONS,
        async () => (await refusalDelays(surroundings, revokedCard, 1))[0] ?? NaN,
        sessions.all,
        progress,
      );
      const cost = await measureCost(surroundings, sessions.all, isQuick ? QUICK_ROUNDS : ROUNDS, progress);
      return { delays, cost, missing: sessions.missing };
    });
    progress('once more with the stream of hints cut: polling alone');
    const polling = await withSystem({ ...SYSTEM, hints: false }, progress, (surroundings) =>
      refusalDelays(surroundings, revokedCard, isQuick ? QUICK_WITHOUT_HINTS : WITHOUT_HINTS),
    );
    return conclude({ ...seen, delays: new Map([...seen.delays, [OURS_POLLING, polling]]) });
  },
};

async function revokeInTurns(
  rounds: number,
  ours: () => Promise<number>,
  sessions: readonly SessionSide[],
  progress: Progress,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const sides = [
    { name: OURS, revokeOne: ours, most: rounds },
    ...sessions.map((side) => ({
      name: side.name,
      revokeOne: () => deleteSession(side),
      most: Math.min(rounds, side.mostRounds),
    })),
  ];
  const delays = new Map<string, number[]>(sides.map(({ name }) => [name, []]));
  for (let turn = 0; turn < rounds; turn += 1) {
    for (const { name, revokeOne, most } of turn % 2 === 0 ? sides : sides.toReversed())
      if (turn < most) delays.get(name)?.push(await revokeOne());
    if (turn % 5 === 4) progress(`${turn + 1} of ${rounds} revoked in each design`);
  }
  return delays;
}
