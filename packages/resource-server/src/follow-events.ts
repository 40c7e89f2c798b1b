import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';

/** What an issuer hints at: its keys, which lists there are, or one list have changed. */
export type Hint =
  | { readonly kind: 'keys' }
  | { readonly kind: 'lists' }
  | { readonly kind: 'list'; readonly uri: string };

export interface FollowOptions {
  readonly url: string;
  /** Told of each hint, and once after each (re)connection, since hints may have been missed. */
  readonly onHint: (hint: Hint | 'connected') => void;
  readonly signal: AbortSignal;
}

const RECONNECT_MS = 250;
/** Shorter than the poll period: an issuer that is back is heard before it is looked at. */
const MAX_RECONNECT_MS = 1_000;
/** The issuer sends a comment every few seconds; longer silence is a dead connection. */
const SILENCE_MS = 15_000;
const MAX_LINE_LENGTH = 4_096;
/** Some thousand hints a second; a stream that says more is cut, so that no issuer can keep a verifier busy with it. */
const MAX_CHARACTERS_PER_SECOND = 256 * 1024;

/**
 * Follows an issuer's event stream (text/event-stream) and reconnects for ever. A hint says that there is something to fetch,
 * never what: forged or lost, it costs a look or a poll period, and cannot change a verdict.
 */
export async function followEvents({ url, onHint, signal }: FollowOptions): Promise<void> {
  let pauseMs = RECONNECT_MS;
  while (!signal.aborted) {
    try {
      await readStream(url, signal, (hint) => {
        pauseMs = RECONNECT_MS;
        onHint(hint);
      });
    } catch {
      // Polling goes on meanwhile; the view's age tells.
    }
    await delay(pauseMs, undefined, { signal, ref: false }).catch(() => undefined);
    pauseMs = Math.min(pauseMs * 2, MAX_RECONNECT_MS);
  }
}

async function readStream(url: string, signal: AbortSignal, onHint: FollowOptions['onHint']): Promise<void> {
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(), SILENCE_MS).unref();
  try {
    const response = await fetch(url, {
      headers: { accept: 'text/event-stream' },
      redirect: 'error',
      signal: AbortSignal.any([signal, silence.signal]),
    });
    if (response.status !== 200 || response.body === null)
      throw new Error(`${url} answered ${response.status}`);
    onHint('connected');
    let rest = '';
    let secondBeganAtMs = performance.now();
    let heard = 0;
    for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
      timer.refresh();
      if (performance.now() - secondBeganAtMs > 1_000) [secondBeganAtMs, heard] = [performance.now(), 0];
      heard += text.length;
      if (heard > MAX_CHARACTERS_PER_SECOND) throw new Error(`${url} says too much`);
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > MAX_LINE_LENGTH) throw new Error(`${url} sends lines without end`);
      for (const line of lines) {
        const hint = line.startsWith('data:') ? parseHint(line.slice(5)) : undefined;
        if (hint !== undefined) onHint(hint);
      }
    }
  } finally {
    clearTimeout(timer);
  }
}

function parseHint(data: string): Hint | undefined {
  try {
    const { kind, uri } = JSON.parse(data) as Readonly<Record<string, unknown>>;
    if (kind === 'keys' || kind === 'lists') return { kind };
    return kind === 'list' && typeof uri === 'string' ? { kind, uri } : undefined;
  } catch {
    return undefined;
  }
}
