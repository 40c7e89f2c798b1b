import {
  httpRequest,
  interleave,
  ratio,
  saturateProcess,
  spread,
  startMeasuredProcess,
  type Experiment,
  type MeasuredProcess,
  type MeasuredSaturation,
} from '@roomkey/experiment';

const ROUNDS = 15;
const SECONDS = 1;
const CONNECTIONS = 16;
const GOAL = 3;

/** A read with a token, as a front end sends it. */
const READ = httpRequest('GET', '/data/documents/1', {
  authorization: `Bearer ${'x'.repeat(450)}`,
  accept: 'application/json',
  'user-agent': 'roomkey-bench',
});

/**
 * P8: our balancer before one replica and before two, and @fastify/http-proxy before one, all sent the same bytes; and the least
 * that a balancer on Node's HTTP server could do, which is the most that `toHttpProxy` can become.
 */
export const balancer: Experiment = {
  name: 'balancer',
  claim: `P8: the embedded balancer passes on at least ${GOAL} times as many requests as @fastify/http-proxy in the same processor time.`,
  async run(progress) {
    await using first = await startServer('upstream');
    await using second = await startServer('upstream');
    const origins = [first, second].map(({ port }) => `http://127.0.0.1:${port}`);
    const [origin = ''] = origins;
    await using ours = await startGateway([origin]);
    await using oursOfTwo = await startGateway(origins);
    await using theirs = await startServer('http-proxy', [origin]);
    await using least = await startServer('bare-relay', [origin]);
    const balancers = { roomkey: ours, roomkeyOfTwo: oursOfTwo, httpProxy: theirs, floor: least };
    progress('each warmed up');
    for (const server of Object.values(balancers)) await passOn(server);

    const throughput: Record<keyof typeof balancers, number[]> = {
      roomkey: [],
      roomkeyOfTwo: [],
      httpProxy: [],
      floor: [],
    };
    const side = (name: keyof typeof balancers) => async (): Promise<number> => {
      const { answered, cpuMicroseconds, perSecond } = await passOn(balancers[name]);
      throughput[name].push(perSecond);
      return (answered / cpuMicroseconds) * 1_000_000;
    };
    const perCpuSecond = await interleave(
      ROUNDS,
      {
        roomkey: side('roomkey'),
        roomkeyOfTwo: side('roomkeyOfTwo'),
        httpProxy: side('httpProxy'),
        floor: side('floor'),
      },
      progress,
    );
    const toHttpProxy = ratio(perCpuSecond.roomkey, perCpuSecond.httpProxy);
    return {
      figures: {
        toHttpProxy,
        floorToHttpProxy: ratio(perCpuSecond.floor, perCpuSecond.httpProxy),
        withTwoReplicas: ratio(perCpuSecond.roomkeyOfTwo, perCpuSecond.httpProxy),
        throughputToHttpProxy: ratio(throughput.roomkey, throughput.httpProxy),
        requestsPerCpuSecond: {
          roomkey: spread(perCpuSecond.roomkey),
          httpProxy: spread(perCpuSecond.httpProxy),
          floor: spread(perCpuSecond.floor),
        },
      },
      goal: `at least ${GOAL} in requests a second of the balancer's processor time, before one replica each`,
      ok: toHttpProxy.median >= GOAL,
    };
  },
};

function startServer(name: string, args: readonly string[] = []): Promise<MeasuredProcess> {
  return startMeasuredProcess(new URL(`../servers/${name}.ts`, import.meta.url), args);
}

function startGateway(origins: readonly string[]): Promise<MeasuredProcess> {
  return startMeasuredProcess(new URL('../../../gateway/src/server.ts', import.meta.url), [], {
    HOST: '127.0.0.1',
    PORT: '0',
    UPSTREAMS: `data=${origins.join(',')}`,
  });
}

function passOn(server: MeasuredProcess): Promise<MeasuredSaturation> {
  return saturateProcess(server, { requests: [READ], connections: CONNECTIONS, seconds: SECONDS });
}
