import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import type { Call, Client } from './client.ts';

/** What shows who asks: a card, or the headers of a rival. */
export type Credential = Pick<Call, 'card' | 'headers'>;

/** A replica of a room, asked by itself, and a read that a valid credential gets through. */
export interface RoomReplica {
  readonly name: string;
  readonly client: Client;
  readonly path: string;
}

const GIVE_UP_MS = 30_000;
const BETWEEN_LOOKS_MS = 1;

/**
 * Revokes, and watches each replica until it refuses the credential.
 *
 * @param revoke resolves when the desk has answered that it is done
 * @returns for each replica the milliseconds from that answer to its first refusal
 * @throws when a replica does not accept the credential before, or never refuses it
 */
export async function untilRefused(
  replicas: readonly RoomReplica[],
  credential: Credential,
  revoke: () => Promise<void>,
): Promise<number[]> {
  await Promise.all(replicas.map((replica) => untilStatus(replica, credential, 200)));
  const refusedAt = replicas.map((replica) => untilStatus(replica, credential, 401));
  const answered = async (): Promise<number> => {
    await revoke();
    return performance.now();
  };
  const [answeredAt, ...moments] = await Promise.all([answered(), ...refusedAt]);
  // A replica may hear of it before the desk's answer has arrived here.
  return moments.map((moment) => Math.max(0, moment - answeredAt));
}

async function untilStatus(
  { name, client, path }: RoomReplica,
  credential: Credential,
  wanted: 200 | 401,
): Promise<number> {
  const deadline = performance.now() + GIVE_UP_MS;
  for (;;) {
    const { status, body } = await client.call(path, credential);
    if (status === wanted) return performance.now();
    if (performance.now() > deadline)
      throw new Error(`${name} still answers ${status}, not ${wanted}: ${body.slice(0, 200)}`);
    await pause(BETWEEN_LOOKS_MS);
  }
}
