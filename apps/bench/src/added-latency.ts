import { once } from 'node:events';
import { connect } from 'node:net';
import { performance } from 'node:perf_hooks';
import { summarize } from '@roomkey/experiment';

/** Who on this machine is asked what. */
export interface Asked {
  readonly port: number;
  readonly request: Buffer;
  /** How every answer has to begin; each has to fit into one packet. */
  readonly answer: string;
}

/** Few: a neighbour on the same machine slows down both. Yet enough that most find the caches of a server that is asked again and again. */
const REQUESTS_A_TURN = 20;
const ENDED = 'the server ended a connection';

/**
 * Asks both in short turns, one request at a time, each over one connection.
 *
 * @returns how much longer `other` takes than `base`, median minus median, in microseconds
 * @throws when something else answers, or nobody any more
 */
export async function addedMicroseconds(base: Asked, other: Asked, seconds: number): Promise<number> {
  await using one = await openConversation(base);
  await using another = await openConversation(other);
  const took = { base: [] as number[], other: [] as number[] };
  const until = performance.now() + seconds * 1_000;
  while (performance.now() < until) {
    // Who comes second may find the machine in another state than who comes first.
    took.base.push(...(await turnOf(one)));
    took.other.push(...(await turnOf(another)), ...(await turnOf(another)));
    took.base.push(...(await turnOf(one)));
  }
  return summarize(took.other).p50 - summarize(took.base).p50;
}

async function turnOf(conversation: Conversation): Promise<readonly number[]> {
  const took: number[] = [];
  for (let request = 0; request < REQUESTS_A_TURN; request += 1) took.push(await conversation.ask());
  return took;
}

interface Conversation extends AsyncDisposable {
  /** Resolves with the microseconds from sending to the answer. */
  ask(): Promise<number>;
}

async function openConversation({ port, request, answer }: Asked): Promise<Conversation> {
  const socket = connect(port, '127.0.0.1').setNoDelay(true);
  await once(socket, 'connect');
  // Heard by whoever waits for an answer, and by the next who asks.
  socket.on('error', () => undefined);
  socket.once('end', () => socket.destroy(new Error(ENDED)));
  return {
    async ask() {
      if (socket.destroyed) throw new Error(ENDED);
      const sentAt = performance.now();
      socket.write(request);
      const [said] = (await once(socket, 'data')) as [Buffer];
      const tookMs = performance.now() - sentAt;
      const text = said.toString('latin1');
      if (!text.startsWith(answer)) throw new Error(`another answer than wanted: ${text.slice(0, 400)}`);
      return tookMs * 1_000;
    },
    async [Symbol.asyncDispose]() {
      socket.destroy();
    },
  };
}
