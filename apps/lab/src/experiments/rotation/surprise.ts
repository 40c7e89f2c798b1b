import { setTimeout as pause } from 'node:timers/promises';
import { Guest, kidOf, type RoomReplica, type Surroundings } from '@roomkey/experiment';

const GIVE_UP_MS = 15_000;
const BETWEEN_MS = 2;

/** One change of keys that nobody was prepared for. */
export interface Surprise {
  /** Valid tokens, signed by the new key, that replicas refused; each asked about every 2 ms. */
  readonly refused: number;
  /** From the first token of the new key until the last replica accepted it. */
  readonly untilAcceptedMs: number;
}

/** The signing key is withdrawn, and the next one signs at once: what publishing a key beforehand spares. */
export async function rotateWithoutWarning({ gateway, admin, rooms }: Surroundings): Promise<Surprise> {
  const guest = await Guest.register(gateway);
  const before = await guest.signIn();
  await admin.revokeKey(kidOf(before.card));
  const { card } = await guest.signIn();
  if (kidOf(card) === kidOf(before.card)) throw new Error('the withdrawn key still signs');
  const startedAt = performance.now();
  const refused = await Promise.all(rooms.map((replica) => refusals(replica, card)));
  return {
    refused: refused.reduce((sum, one) => sum + one, 0),
    untilAcceptedMs: performance.now() - startedAt,
  };
}

async function refusals({ name, client, path }: RoomReplica, card: string): Promise<number> {
  const deadline = performance.now() + GIVE_UP_MS;
  for (let count = 0; ; count += 1) {
    const { status, body } = await client.call(path, { card });
    if (status === 200) return count;
    if (performance.now() > deadline)
      throw new Error(`${name} still answers ${status}: ${body.slice(0, 200)}`);
    await pause(BETWEEN_MS);
  }
}
