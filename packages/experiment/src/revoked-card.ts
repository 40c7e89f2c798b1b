import { Guest } from './guests.ts';
import { untilRefused } from './refusal-watch.ts';
import type { Surroundings } from './system-under-test.ts';

/** What is revoked, and how: a card that lives, and the call that ends it. */
export interface Victim {
  readonly card: string;
  /** Resolves when the desk has answered that it is done. */
  readonly revoke: () => Promise<void>;
}

/** A guest's card, revoked by itself (RFC 7009). */
export async function revokedCard({ gateway }: Surroundings): Promise<Victim> {
  const { card } = await (await Guest.register(gateway)).signIn();
  const form = { token: card, client_id: 'app' };
  return { card, revoke: () => gateway.expect(200, '/auth/revoke', { method: 'POST', form }) };
}

/**
 * Revokes one after the other.
 *
 * @returns for each the milliseconds from the desk's answer to the first refusal by the last of all replicas
 */
export async function refusalDelays(
  system: Surroundings,
  prepare: (system: Surroundings) => Promise<Victim>,
  count: number,
): Promise<number[]> {
  const delays: number[] = [];
  for (let done = 0; done < count; done += 1) {
    const { card, revoke } = await prepare(system);
    delays.push(Math.max(...(await untilRefused(system.rooms, { card }, revoke))));
  }
  return delays;
}
