import {
  interleave,
  ratio,
  saturateProcess,
  spread,
  startMeasuredProcess,
  type Experiment,
  type MeasuredProcess,
  type MeasuredSaturation,
} from '@roomkey/experiment';
import { AssertingClient } from '../asserting-client.ts';
import { ISSUER, openDesk, RESOURCE, SCOPES } from '../desk-under-test.ts';

/** A desk runs for weeks: it is measured when its code has been compiled. */
const WARM_UP_ROUNDS = 8;
const ROUNDS = 15;
const SECONDS = 1;
const CONNECTIONS = 32;
/** More than either answers in a round: none is sent twice. */
const REQUESTS = 8_000;
const GOAL = 3;

/** P4: what a token for a service costs the desk that issues it. */
export const issue: Experiment = {
  name: 'issue',
  claim: `P4: the desk issues at least ${GOAL} times as many client_credentials tokens as oidc-provider.`,
  async run(progress) {
    const client = new AssertingClient();
    await using desk = await openDesk({ CLIENTS: JSON.stringify([client.definition]) });
    await using rival = await startMeasuredProcess(
      new URL('../servers/oidc-provider.ts', import.meta.url),
      [],
      {
        NODE_ENV: 'production',
        ISSUER,
        RESOURCE,
        SCOPE: SCOPES.join(' '),
        CLIENT: JSON.stringify(client.metadata),
      },
    );
    await using signatures = await startMeasuredProcess(
      new URL('../servers/signatures-alone.ts', import.meta.url),
      [],
      {
        RESOURCE,
        SCOPE: SCOPES.join(' '),
        CLIENT_KEY: JSON.stringify(client.definition.jwks.keys[0]),
      },
    );
    const deskWithDatabase: number[] = [];
    const perCpuSecond = (server: MeasuredProcess) => async (): Promise<number> => {
      const { answered, cpuMicroseconds } = await issueFrom(server, client, '/token');
      return (answered / cpuMicroseconds) * 1_000_000;
    };
    const sides = {
      roomkey: async () => {
        const before = await desk.databaseCpuMicroseconds();
        const { answered, cpuMicroseconds } = await issueFrom(desk.process, client, '/auth/token');
        const database = (await desk.databaseCpuMicroseconds()) - before;
        deskWithDatabase.push((answered / (cpuMicroseconds + database)) * 1_000_000);
        return (answered / cpuMicroseconds) * 1_000_000;
      },
      'oidc-provider': perCpuSecond(rival),
      'signatures alone': perCpuSecond(signatures),
    };
    progress('all warm up');
    for (let turn = 0; turn < WARM_UP_ROUNDS; turn += 1)
      for (const side of Object.values(sides)) await side();
    deskWithDatabase.length = 0;
    const figures = await interleave(ROUNDS, sides, progress);
    const times = ratio(figures.roomkey, figures['oidc-provider']);
    return {
      figures: {
        roomkeyToOidcProvider: times,
        // What this machine lets anybody reach: bare Node that verifies one signature and makes one.
        signaturesAloneToOidcProvider: ratio(figures['signatures alone'], figures['oidc-provider']),
        withPostgresqlCounted: ratio(deskWithDatabase, figures['oidc-provider']),
        tokensPerCpuSecond: {
          roomkey: spread(figures.roomkey),
          roomkeyAndPostgresql: spread(deskWithDatabase),
          signaturesAlone: spread(figures['signatures alone']),
          oidcProvider: spread(figures['oidc-provider']),
        },
      },
      goal: `at least ${GOAL}, private_key_jwt and tokens ES256, replays refused on both sides`,
      ok: times.median >= GOAL,
    };
  },
};

async function issueFrom(
  server: Pick<MeasuredProcess, 'port' | 'cpuMicroseconds'>,
  client: AssertingClient,
  path: string,
): Promise<MeasuredSaturation> {
  const requests = client.tokenRequests(path, REQUESTS);
  const seen = await saturateProcess(server, { requests, connections: CONNECTIONS, seconds: SECONDS });
  if (seen.answered > REQUESTS) throw new Error('a request was sent twice');
  return seen;
}
