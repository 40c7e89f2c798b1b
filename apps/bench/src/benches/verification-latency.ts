import {
  httpRequest,
  interleave,
  round,
  saturate,
  spread,
  summarize,
  type Experiment,
  type MeasuredProcess,
} from '@roomkey/experiment';
import { signIn, startRedis, startRival, startSlowPath, type CredentialHeaders } from '@roomkey/rivals';
import { publishTokens } from '../published-tokens.ts';

const ROUND_TRIP_MS = 0.5;
const ROUNDS = 41;
const SECONDS = 0.15;
const GOAL = 100;
/** What the clocks and a busy machine leave of a difference between two medians. */
const RESOLUTION_MICROSECONDS = 1;

/** P3: what knowing who asks adds to an answer, one request at a time, beside one look-up in a store half a millisecond away. */
export const verificationLatency: Experiment = {
  name: 'verify-latency',
  claim: `P3: a look-up in Redis ${ROUND_TRIP_MS} ms away adds at least ${GOAL} times what a warm verification adds.`,
  async run(progress) {
    await using tokens = await publishTokens(1);
    await using redis = await startRedis();
    await using path = await startSlowPath(redis.port, ROUND_TRIP_MS);
    await using open = await startRival('open');
    await using token = await startRival('token', tokens.environment);
    await using store = await startRival('opaque-redis', { REDIS_URL: `redis://127.0.0.1:${path.port}` });
    const card = { authorization: `Bearer ${tokens.all[0] ?? ''}` };
    const key = await signIn(store, 'guest');
    const sides = {
      open: () => medianMicroseconds(open, card),
      token: () => medianMicroseconds(token, card),
      redis: () => medianMicroseconds(store, key),
    };
    for (const side of Object.values(sides)) await side();
    const p50 = await interleave(ROUNDS, sides, progress);
    const added = (side: readonly number[]) =>
      spread(side.map((microseconds, turn) => microseconds - (p50.open[turn] ?? NaN)));
    const ours = added(p50.token);
    const theirs = added(p50.redis);
    const times = round(theirs.median / Math.max(ours.median, RESOLUTION_MICROSECONDS));
    return {
      figures: {
        redisToRoomkey: times,
        addedMicroseconds: { roomkey: ours, redis: theirs },
        p50Microseconds: { open: spread(p50.open), roomkey: spread(p50.token), redis: spread(p50.redis) },
        resolutionMicroseconds: RESOLUTION_MICROSECONDS,
      },
      goal: `at least ${GOAL}`,
      ok: times >= GOAL,
    };
  },
};

async function medianMicroseconds({ port }: MeasuredProcess, headers: CredentialHeaders): Promise<number> {
  const requests = [httpRequest('GET', '/documents', headers)];
  const { latenciesMs } = await saturate({ port, requests, connections: 1, seconds: SECONDS });
  return summarize(latenciesMs.map((ms) => ms * 1_000)).p50;
}
