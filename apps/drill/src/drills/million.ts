import { randomInt } from 'node:crypto';
import { hrtime, memoryUsage } from 'node:process';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { openIssuerView } from '@roomkey/resource-server';
import { Client as Postgres } from 'pg';
import { type Experiment, round, withSystem } from '@roomkey/experiment';

const TOKENS = 1_000_000;
const REVOKED_SHARE = 0.01;
const LOOK_UPS = 5_000_000;
/** A verifier with these lists still fits beside a service in 110 MB, and a look-up is nothing beside a request. */
const MAX_MEMORY_MIB = 4;
const MAX_LOOK_UP_NS = 500;

/** A million tokens live, one in a hundred revoked: what a verifier holds, fetches and looks up. */
export const million: Experiment = {
  name: 'million',
  claim: 'A verifier knows the status of a million live tokens from a few megabytes of memory.',
  run: (progress) =>
    withSystem({ replicas: 1 }, progress, async ({ system }) => {
      await revokeAtRandom(system.databaseUrl('auth'), progress);
      const { status_lists: uris } = await json<{ status_lists: string[] }>(
        `${system.origin}/auth/status-lists`,
      );

      const fetched: number[] = [];
      for (const uri of uris) fetched.push((await (await fetch(uri)).arrayBuffer()).byteLength);

      const before = memoryInUse();
      const view = await openIssuerView({
        issuer: system.origin,
        jwksUrl: `${system.origin}/.well-known/jwks.json`,
        statusListsUrl: `${system.origin}/auth/status-lists`,
      });
      const memoryMib = (memoryInUse() - before) / 2 ** 20;
      const lists = uris.map((uri) => view.statusList(uri)).filter((list) => list !== undefined);
      view.close();

      const counted = lists.map((list) => countRevoked(list.length, (index) => list.isValid(index)));
      const revoked = counted.reduce((sum, count) => sum + count, 0);
      const lookUpNs = timeLookUps(lists);
      return {
        figures: {
          tokens: TOKENS,
          revoked,
          lists: lists.length,
          listBytesFetched: fetched,
          verifierMemoryMib: round(memoryMib),
          lookUpNs: round(lookUpNs),
        },
        goal: `all ${TOKENS * REVOKED_SHARE} revocations seen, at most ${MAX_MEMORY_MIB} MiB, a look-up in at most ${MAX_LOOK_UP_NS} ns`,
        ok: revoked === TOKENS * REVOKED_SHARE && memoryMib <= MAX_MEMORY_MIB && lookUpNs <= MAX_LOOK_UP_NS,
      };
    }),
};

/** Sets bits of the current list as a million sign-ins and ten thousand sign-outs would have: signing in takes a day here. */
async function revokeAtRandom(url: string, progress: (line: string) => void): Promise<void> {
  progress(`revoking ${TOKENS * REVOKED_SHARE} of ${TOKENS} statuses`);
  const indices = new Set<number>();
  while (indices.size < TOKENS * REVOKED_SHARE) indices.add(randomInt(TOKENS));
  const client = new Postgres(url);
  await client.connect();
  try {
    await client.query(
      `insert into revoked_statuses (list_id, index)
       select (select id from status_lists where opens_at <= now() and now() < closes_at order by id limit 1), unnest($1::int[])`,
      [[...indices]],
    );
  } finally {
    await client.end();
  }
}

function countRevoked(length: number, isValid: (index: number) => boolean): number {
  let count = 0;
  for (let index = 0; index < length; index += 1) if (!isValid(index)) count += 1;
  return count;
}

function timeLookUps(lists: readonly { length: number; isValid(index: number): boolean }[]): number {
  const indices = Uint32Array.from({ length: 65_536 }, () => randomInt(TOKENS));
  const [list] = lists;
  if (list === undefined) return NaN;
  let valid = 0;
  const startedAt = hrtime.bigint();
  for (let turn = 0; turn < LOOK_UPS; turn += 1) if (list.isValid(indices[turn & 0xff_ff] ?? 0)) valid += 1;
  const tookNs = Number(hrtime.bigint() - startedAt);
  if (valid === 0) throw new Error('no status is valid');
  return tookNs / LOOK_UPS;
}

function memoryInUse(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const { heapUsed, arrayBuffers } = memoryUsage();
  return heapUsed + arrayBuffers;
}

async function json<Body>(url: string): Promise<Body> {
  return (await (await fetch(url)).json()) as Body;
}
