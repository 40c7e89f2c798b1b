import { setTimeout as delay } from 'node:timers/promises';
import { formatETag } from '@roomkey/service';
import type { Change, Changes } from '../domain/changes.ts';
import type { CollectionAddress } from '../domain/documents.ts';

const HEARTBEAT_MS = 5_000;
const RECONNECT_MS = 1_000;

interface ChangeStreamOptions {
  readonly changes: Changes;
  readonly address: CollectionAddress;
  /** The sequence after which to begin. */
  readonly after: number;
  /** Asked before each event: whether the reader may still have it. */
  readonly mayRead: () => boolean;
  /** Ends the stream. */
  readonly signal: AbortSignal;
}

/**
 * The changes of a collection as server-sent events, each with its sequence as id, until the signal. Nothing is read ahead of
 * the reader. It ends where the next change is not kept any more: whoever resumes from there is told.
 */
export async function* changeStream(options: ChangeStreamOptions): AsyncGenerator<string, void, undefined> {
  const { changes, address, mayRead, signal } = options;
  let wakeUp = (): void => undefined;
  let mayHaveMore = true;
  const unwatch = changes.watch(address, () => {
    mayHaveMore = true;
    wakeUp();
  });
  try {
    let position = options.after;
    // With an id: a client that is cut off before the first change resumes from here.
    yield `retry: ${RECONNECT_MS}\nevent: open\nid: ${position}\ndata: {}\n\n`;
    while (!signal.aborted) {
      if (mayHaveMore) {
        mayHaveMore = false;
        const next = await changes.after(address, position);
        if (next === 'gone' || signal.aborted || !mayRead()) return;
        const last = next.at(-1);
        if (last === undefined) continue;
        yield next.map(eventText).join('');
        position = last.sequence;
        mayHaveMore = true;
        continue;
      }
      const woken = new AbortController();
      wakeUp = () => woken.abort();
      const isQuiet = await delay(HEARTBEAT_MS, true, {
        signal: AbortSignal.any([woken.signal, signal]),
      }).catch(() => false);
      if (isQuiet) yield ':\n\n';
    }
  } finally {
    unwatch();
  }
}

function eventText({ sequence, kind, id, version, at }: Change): string {
  const data = { id, etag: formatETag(version), at: at.toISOString() };
  return `event: ${kind}\nid: ${sequence}\ndata: ${JSON.stringify(data)}\n\n`;
}
