import {
  httpRequest,
  interleave,
  round,
  spread,
  startMeasuredProcess,
  type Experiment,
} from '@roomkey/experiment';
import { signIn, startRedis, startRival, startSlowPath } from '@roomkey/rivals';
import { addedMicroseconds, type Asked } from '../added-latency.ts';
import { publishTokens } from '../published-tokens.ts';

/** There and back: what a look-up spends on the network. */
const ROUND_TRIP_MS = 0.5;
const ROUNDS = 61;
const SECONDS = 0.1;
const WARM_UP_SECONDS = 1;
const GOAL = 100;
/** What ours adds counts as this much at the least: a machine that has others on it shows no less. */
const FLOOR_MICROSECONDS = 1;

/**
 * P3: what knowing who asks adds to an answer, one request at a time, beside one look-up in a store half a millisecond of round
 * trip away.
 *
 * What a side adds is, in each round, its median minus that of the same route without a check, asked in short turns.
 * The path to Redis has a pace of its own: what it adds to a PING is measured in every round too, and what of that is above half
 * a millisecond is taken off what Redis adds. `ofMedians`, which the goal is about, is the median of the rest divided by the
 * median of what ours adds, or by the floor where that is higher; `ofQuartiles` is Redis's lower quartile by our upper one, and
 * its upper by our lower. What the same route without a check, made a second time, adds to the first says
 * how far nothing can be told from something.
 */
export const verificationLatency: Experiment = {
  name: 'verify-latency',
  claim: `P3: a look-up in Redis, ${ROUND_TRIP_MS} ms of round trip away, adds at least ${GOAL} times what a warm verification adds.`,
  async run(progress) {
    await using tokens = await publishTokens(1);
    await using redis = await startRedis();
    await using path = await startSlowPath(redis.port, ROUND_TRIP_MS);
    await using doors = await startMeasuredProcess(
      new URL('../servers/doors.ts', import.meta.url),
      [],
      tokens.environment,
    );
    await using store = await startRival('opaque-redis', { REDIS_URL: `redis://127.0.0.1:${path.port}` });
    const card = { authorization: `Bearer ${tokens.all[0] ?? ''}` };
    const door = (name: string) => read(doors.port, { ...card, door: name });
    const key = await signIn(store, 'guest');
    const sides = {
      roomkey: added(door('open'), door('roomkey')),
      redisThroughPath: added(door('open'), read(store.port, key)),
      nothing: added(door('open'), door('open-too')),
      path: added(ping(redis.port), ping(path.port)),
    };
    for (const side of Object.values(sides)) await side(WARM_UP_SECONDS);
    const seen = await interleave(ROUNDS, sides, progress);
    const excess = seen.path.map((microseconds) => microseconds - ROUND_TRIP_MS * 1_000);
    const theirs = spread(
      seen.redisThroughPath.map((microseconds, turn) => microseconds - (excess[turn] ?? NaN)),
    );
    const ours = spread(seen.roomkey);
    const times = timesOf(theirs.median, ours.median);
    return {
      figures: {
        redisToRoomkey: {
          ofMedians: times,
          ofQuartiles: [
            timesOf(theirs.quartiles[0], ours.quartiles[1]),
            timesOf(theirs.quartiles[1], ours.quartiles[0]),
          ],
          roomkeyCountedAsMicroseconds: Math.max(ours.median, FLOOR_MICROSECONDS),
        },
        addedMicroseconds: { roomkey: ours, redis: theirs, redisThroughPath: spread(seen.redisThroughPath) },
        pathAddsMicroseconds: spread(seen.path),
        nothingAddsMicroseconds: spread(seen.nothing),
      },
      goal: `at least ${GOAL} times, by the medians; what ours adds counts as ${FLOOR_MICROSECONDS} µs at the least`,
      ok: times >= GOAL,
    };
  },
};

const timesOf = (redis: number, roomkey: number): number =>
  round(redis / Math.max(roomkey, FLOOR_MICROSECONDS));

const added =
  (base: Asked, other: Asked) =>
  (seconds = SECONDS): Promise<number> =>
    addedMicroseconds(base, other, seconds);

const read = (port: number, headers: Readonly<Record<string, string>>): Asked => ({
  port,
  request: httpRequest('GET', '/documents', headers),
  answer: 'HTTP/1.1 200',
});

const ping = (port: number): Asked => ({ port, request: Buffer.from('PING\r\n'), answer: '+PONG\r\n' });
