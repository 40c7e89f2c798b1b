import { setTimeout as pause } from 'node:timers/promises';
import { refresh, type Stay } from './guests.ts';
import type { Surroundings } from './system-under-test.ts';

const REFRESH_EVERY_MS = 500;
const POLL_MS = 20;
const ROTATE_WITHIN_MS = 30_000;

/** Keeps the cards young, so that every key's first and last cards are in use. */
export function renewForEver({ gateway }: Surroundings, stays: Stay[]): { stop: () => Promise<void> } {
  const stopping = new AbortController();
  const renew = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      for (const [at, stay] of stays.entries()) stays[at] = await refresh(gateway, stay);
      await pause(REFRESH_EVERY_MS);
    }
  };
  const running = renew();
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

/**
 * Waits until a card is signed by a key that is not among these, and puts it there.
 *
 * @throws when that takes too long
 */
export async function untilSignedByNewKey(stays: readonly Stay[], kids: Set<string>): Promise<void> {
  const deadline = Date.now() + ROTATE_WITHIN_MS;
  const known = kids.size;
  while (kids.size === known) {
    if (Date.now() > deadline)
      throw new Error(`no card was signed by a new key within ${ROTATE_WITHIN_MS} ms`);
    await pause(POLL_MS);
    for (const stay of stays) kids.add(kidOf(stay.card));
  }
}

/** The key that signed a card. */
export function kidOf(card: string): string {
  const header = JSON.parse(Buffer.from(card.split('.')[0] ?? '', 'base64url').toString()) as { kid: string };
  return header.kid;
}
