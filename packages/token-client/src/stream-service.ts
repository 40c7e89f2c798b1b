import {
  attemptCall,
  remainingMs,
  type CallFailure,
  type CallInit,
  type CallRight,
  type PreparedCall,
} from './attempts.ts';

export interface StreamOptions extends CallRight {
  /** Longest time until the answer begins, with the token and a second try; 5,000 ms unless given. */
  readonly timeoutMs?: number;
  /** Longest wait for the next bytes while somebody wants them; 10,000 ms unless given. Who reads slowly is no fault. */
  readonly idleMs?: number;
}

/** What came of a call whose answer is read as it comes. */
export type StreamedAnswer = OpenAnswer | CallFailure;

interface OpenAnswer {
  readonly ok: true;
  readonly status: number;
  readonly headers: Headers;
  readonly body: AnswerBody;
}

/** A body breaks off, or nothing more of it comes: what was read of it is not all. */
export class BrokenBodyError extends Error {
  override readonly name = 'BrokenBodyError';
  readonly kind: 'unreachable' | 'too-late';

  constructor(kind: 'unreachable' | 'too-late', options?: ErrorOptions) {
    super(kind === 'too-late' ? 'the rest of an answer does not come' : 'an answer breaks off', options);
    this.kind = kind;
  }
}

/** The bytes of an answer, read once and no faster than they are wanted. Read it, leave its loop early, or `cancel` it. */
export interface AnswerBody extends AsyncIterable<Uint8Array> {
  /** Nobody reads the rest. */
  cancel(): Promise<void>;
}

/**
 * Calls another service as `callService` does, for an answer of any length: nothing of it is held.
 *
 * @returns once the answer has begun; reading its body throws {BrokenBodyError} where it ends before its end
 * @throws {TypeError} for wrong use, as `callService`
 */
export async function streamService(
  url: string | URL,
  init: CallInit,
  { timeoutMs = 5_000, idleMs = 10_000, ...right }: StreamOptions,
): Promise<StreamedAnswer> {
  return attemptCall(
    init,
    { ...right, timeoutMs },
    (call) => send(url, call, idleMs),
    ({ body }) => body.cancel(),
  );
}

async function send(
  url: string | URL,
  { init, deadlineMs }: PreparedCall,
  idleMs: number,
): Promise<StreamedAnswer> {
  const stopping = new AbortController();
  const timer = setTimeout(() => stopping.abort(), remainingMs(deadlineMs));
  try {
    const response = await fetch(url, { ...init, signal: stopping.signal });
    const { status, headers } = response;
    return { ok: true, status, headers, body: bodyOf(response, stopping, idleMs) };
  } catch (cause) {
    return { ok: false, kind: stopping.signal.aborted ? 'too-late' : 'unreachable', cause };
  } finally {
    clearTimeout(timer);
  }
}

function bodyOf(response: Response, stopping: AbortController, idleMs: number): AnswerBody {
  async function* read(): AsyncGenerator<Uint8Array, void, undefined> {
    const reader = response.body?.getReader();
    if (reader === undefined) return;
    try {
      for (;;) {
        const timer = setTimeout(() => stopping.abort(), idleMs);
        const { done, value } = await reader.read().finally(() => clearTimeout(timer));
        if (done) return;
        yield value;
      }
    } catch (cause) {
      throw new BrokenBodyError(stopping.signal.aborted ? 'too-late' : 'unreachable', { cause });
    } finally {
      // After the end this does nothing; before it, the connection is given up.
      stopping.abort();
    }
  }
  const bytes = read();
  return {
    [Symbol.asyncIterator]: () => bytes,
    async cancel() {
      stopping.abort();
      await bytes.return();
    },
  };
}
