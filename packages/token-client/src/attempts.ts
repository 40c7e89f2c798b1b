import { performance } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { DEADLINE_HEADER, type IncomingCall } from './incoming-call.ts';
import { obtainerOf, type ServiceToken } from './service-token.ts';
import type { TokenFailure, TokenOutcome } from './token-outcome.ts';

/** What to send. A body is held whole: the call may be sent a second time. */
export interface CallInit {
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array<ArrayBuffer>;
}

/** In whose right, and for whom. */
export interface CallRight {
  readonly token: ServiceToken;
  /** The request this call is made for: its deadline and its trace are passed on. */
  readonly onBehalfOf?: IncomingCall;
}

/** Why there is no answer. */
export type CallFailure =
  | TokenFailure
  | {
      readonly ok: false;
      /** `unreachable`: no connection, a broken one, or a redirect, which is never followed. */
      readonly kind: 'unreachable' | 'too-late' | 'too-large';
      readonly cause: unknown;
    };

/** One request as it goes out. */
export interface PreparedCall {
  readonly init: RequestInit;
  /** By `performance.now()`. */
  readonly deadlineMs: number;
}

/** What this module says by itself, and what belongs to a user's own connection to this service (RFC 9700 §2.3). */
const RESERVED = new Set(['authorization', 'proxy-authorization', 'cookie', DEADLINE_HEADER]);

const tooLate = (): CallFailure => ({
  ok: false,
  kind: 'too-late',
  cause: new Error('the time for the call is up'),
});

/**
 * Sends a call with a token for it. A 401 is answered by one second try with a new token: what was refused was not carried out.
 *
 * @param send one try; its outcome is a value
 * @param forget told of the answer of a first try that nobody will read
 * @throws {TypeError} for wrong use: a token that no token client made, or credentials among the headers
 */
export async function attemptCall<Answer extends { readonly ok: true; readonly status: number }>(
  { method = 'GET', headers: own = {}, body }: CallInit,
  { token, onBehalfOf, timeoutMs }: CallRight & { readonly timeoutMs: number },
  send: (call: PreparedCall) => Promise<Answer | CallFailure>,
  forget: (answer: Answer) => Promise<void> = async () => undefined,
): Promise<Answer | CallFailure> {
  const obtain = obtainerOf(token);
  const headers = headersOf(own, onBehalfOf);
  const deadlineMs = Math.min(performance.now() + timeoutMs, onBehalfOf?.deadlineMs ?? Infinity);

  const attempt = async (refused?: string): Promise<{ answer: Answer | CallFailure; sent?: string }> => {
    const outcome = await before(deadlineMs, obtain(refused));
    if (outcome === undefined) return { answer: tooLate() };
    if (!outcome.ok) return { answer: outcome };
    const leftMs = remainingMs(deadlineMs);
    if (leftMs === 0) return { answer: tooLate() };
    headers.set('authorization', `Bearer ${outcome.value}`);
    headers.set(DEADLINE_HEADER, String(leftMs));
    const init: RequestInit = { method, headers, redirect: 'error', ...(body !== undefined && { body }) };
    return { answer: await send({ init, deadlineMs }), sent: outcome.value };
  };

  const { answer, sent } = await attempt();
  if (!answer.ok || answer.status !== 401 || sent === undefined) return answer;
  await forget(answer);
  return (await attempt(sent)).answer;
}

function headersOf(own: Readonly<Record<string, string>>, onBehalfOf: IncomingCall | undefined): Headers {
  const name = Object.keys(own).find((each) => RESERVED.has(each.toLowerCase()));
  if (name !== undefined) throw new TypeError(`callService sets ${name} itself; nobody's own is sent on`);
  return new Headers({ ...own, ...onBehalfOf?.tracing });
}

/** @returns undefined when the time is up first; the token is still fetched, for the next who wants it */
async function before(deadlineMs: number, outcome: Promise<TokenOutcome>): Promise<TokenOutcome | undefined> {
  const patience = new AbortController();
  const timeUp = wait(remainingMs(deadlineMs), undefined, { signal: patience.signal }).catch(() => undefined);
  try {
    return await Promise.race([outcome, timeUp]);
  } finally {
    patience.abort();
  }
}

export const remainingMs = (deadlineMs: number): number =>
  Math.max(0, Math.floor(deadlineMs - performance.now()));
