import {
  type Experiment,
  Guest,
  Load,
  refusalDelays,
  revokedCard,
  summarize,
  withSystem,
} from '@roomkey/experiment';

const REPLICAS = 2;
const REVOCATIONS = 250;
const GOAL_P99_MS = 250;

/** P10: from the 200 of `/auth/revoke` to the moment from which no replica of any room takes the token, while others read. */
export const revocation: Experiment = {
  name: 'revocation',
  claim: `P10: a revoked token is refused by the last replica at most ${GOAL_P99_MS} ms after the desk's answer.`,
  run: (progress) =>
    withSystem({ replicas: REPLICAS }, progress, async (system) => {
      const bystander = await (await Guest.register(system.gateway)).signIn();
      const load = new Load({
        client: system.gateway,
        concurrency: 8,
        pauseMs: 10,
        card: () => bystander.card,
      });
      progress(`revoking ${REVOCATIONS} tokens, one after the other`);
      const delays = summarize(await refusalDelays(system, revokedCard, REVOCATIONS));
      const { sent, refused } = await load.stop();
      return {
        figures: { ms: delays, replicas: system.rooms.length, readsMeanwhile: sent, readsRefused: refused },
        goal: `p99 at most ${GOAL_P99_MS} ms over ${REVOCATIONS} revocations, no other read refused`,
        ok: delays.p99 <= GOAL_P99_MS && refused === 0,
      };
    }),
};
