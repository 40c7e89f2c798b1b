import {
  attemptCall,
  remainingMs,
  type CallFailure,
  type CallInit,
  type CallRight,
  type PreparedCall,
} from './attempts.ts';
import { readBounded, TooLargeError } from './bounded-body.ts';

export interface CallOptions extends CallRight {
  /** Longest time for all of it, with the token and a second try; 5,000 ms unless given. */
  readonly timeoutMs?: number;
  /** Largest body of an answer; 1 MiB unless given. */
  readonly maxBytes?: number;
}

/** What came of a call: an answer of whatever status, no token, or no answer. */
export type ServiceAnswer = CompleteAnswer | CallFailure;

interface CompleteAnswer {
  readonly ok: true;
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
}

/**
 * Calls another service with a token for it. A 401 is answered by one second try with a new token: what was refused was not
 * carried out.
 *
 * @throws {TypeError} for wrong use: a token that no token client made, or credentials among the headers
 */
export async function callService(
  url: string | URL,
  init: CallInit,
  { timeoutMs = 5_000, maxBytes = 1024 * 1024, ...right }: CallOptions,
): Promise<ServiceAnswer> {
  return attemptCall(init, { ...right, timeoutMs }, (call) => send(url, call, maxBytes));
}

async function send(
  url: string | URL,
  { init, deadlineMs }: PreparedCall,
  maxBytes: number,
): Promise<ServiceAnswer> {
  const signal = AbortSignal.timeout(remainingMs(deadlineMs));
  try {
    const response = await fetch(url, { ...init, signal });
    const body = await readBounded(response, maxBytes);
    return { ok: true, status: response.status, headers: response.headers, body };
  } catch (cause) {
    if (cause instanceof TooLargeError) return { ok: false, kind: 'too-large', cause };
    return { ok: false, kind: signal.aborted ? 'too-late' : 'unreachable', cause };
  }
}
