import { Client } from '@roomkey/experiment';
import { startBalancer } from '@roomkey/rivals';
import type { Bench } from '../../finding.ts';
import { REPLICA_COUNTS, type Fleet, type Fleets } from './fleets.ts';

const GUESTS = 20;
const READS_PER_GUEST = 20;

/** What became of the reads of all guests, through one balancer. */
export interface SpreadReads {
  readonly side: string;
  readonly replicas: number;
  readonly reads: number;
  /** Of somebody who was signed in. */
  readonly refused: number;
  /** Of the replica that answered most, in multiples of an equal share. */
  readonly busiestShare: number;
}

/** Every design through a balancer that remembers nothing, and sessions in memory through one that does. */
export async function spreadReads(
  fleets: Fleets,
  progress: Bench['progress'],
): Promise<readonly SpreadReads[]> {
  const seen: SpreadReads[] = [];
  for (const fleet of fleets.all) {
    const modes =
      fleet.name === 'session in memory' ? (['spread', 'sticky'] as const) : (['spread'] as const);
    for (const mode of modes) {
      for (const replicas of REPLICA_COUNTS) seen.push(await readThrough(fleet, mode, replicas));
      const refused = seen.slice(-REPLICA_COUNTS.length).map((one) => `${one.refused} of ${one.reads}`);
      progress(
        `${fleet.name}, ${mode}: refused with ${REPLICA_COUNTS.join(', ')} replicas: ${refused.join(', ')}`,
      );
    }
  }
  return seen;
}

async function readThrough(
  { name, replicas, signIn }: Fleet,
  mode: 'spread' | 'sticky',
  count: number,
): Promise<SpreadReads> {
  await using balancer = await startBalancer(mode, replicas.slice(0, count));
  await using client = new Client(`http://127.0.0.1:${balancer.port}`, GUESTS);
  const byReplica = new Map<string, number>();
  let refused = 0;
  const visit = async (): Promise<void> => {
    const headers = await signIn(balancer);
    for (let turn = 0; turn < READS_PER_GUEST; turn += 1) {
      const { status, body } = await client.call('/documents', { headers });
      if (status !== 200) {
        refused += 1;
        continue;
      }
      const { servedBy } = JSON.parse(body) as { servedBy: string };
      byReplica.set(servedBy, (byReplica.get(servedBy) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: GUESTS }, visit));
  const reads = GUESTS * READS_PER_GUEST;
  const answered = reads - refused;
  return {
    side: mode === 'sticky' ? `${name}, sticky` : name,
    replicas: count,
    reads,
    refused,
    busiestShare: (Math.max(...byReplica.values()) / answered) * count,
  };
}
