import { setTimeout as pause } from 'node:timers/promises';
import { revokedCard, type Surroundings } from '@roomkey/experiment';

const BETWEEN_MS = 100;
const GIVE_UP_MS = 15_000;

/** What became of many looks at one document through a cache. */
export interface Asked {
  readonly setup: string;
  readonly name: string;
  readonly requests: number;
  /** Answered from the cache, as it says. */
  readonly hits: number;
  /** Requests that the services behind it got. */
  readonly heard: number;
}

/** Many clients look at one address at the same time, again and again. */
export async function ask(
  port: number,
  path: string,
  headers: Readonly<Record<string, string>>,
  { clients, looks }: { readonly clients: number; readonly looks: number },
): Promise<Pick<Asked, 'requests' | 'hits'>> {
  let hits = 0;
  const look = async (): Promise<void> => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { headers });
    await answer.arrayBuffer();
    if (answer.status !== 200) throw new Error(`${path} is answered with ${answer.status}`);
    if (answer.headers.get('x-cache') === 'HIT') hits += 1;
  };
  for (let turn = 0; turn < looks; turn += 1) {
    await Promise.all(Array.from({ length: clients }, look));
    await pause(BETWEEN_MS);
  }
  return { requests: clients * looks, hits };
}

/** Milliseconds from a revocation until the cache gives a list out that has changed, each. */
export async function staleness(
  surroundings: Surroundings,
  port: number,
  count: number,
): Promise<readonly number[]> {
  const delays: number[] = [];
  for (let done = 0; done < count; done += 1) {
    const { card, revoke } = await revokedCard(surroundings);
    const path = new URL(listOf(card)).pathname;
    const before = await etagOf(port, path);
    await revoke();
    const revokedAt = performance.now();
    while ((await etagOf(port, path)) === before) {
      if (performance.now() - revokedAt > GIVE_UP_MS) throw new Error('the list does not change');
      await pause(2);
    }
    delays.push(performance.now() - revokedAt);
  }
  return delays;
}

function listOf(card: string): string {
  const payload = JSON.parse(Buffer.from(card.split('.')[1] ?? '', 'base64url').toString()) as {
    status: { status_list: { uri: string } };
  };
  return payload.status.status_list.uri;
}

async function etagOf(port: number, path: string): Promise<string | null> {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`);
  await answer.arrayBuffer();
  return answer.headers.get('etag');
}
