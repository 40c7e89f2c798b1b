import { performance } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { readBounded, TooLargeError } from './bounded-body.ts';
import { DEADLINE_HEADER, type IncomingCall } from './incoming-call.ts';
import { obtainerOf, type ServiceToken } from './service-token.ts';
import type { TokenFailure, TokenOutcome } from './token-outcome.ts';

/** What to send. A body is held whole: the call may be sent a second time. */
export interface CallInit {
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array<ArrayBuffer>;
}

export interface CallOptions {
  readonly token: ServiceToken;
  /** The request this call is made for: its deadline and its trace are passed on. */
  readonly onBehalfOf?: IncomingCall;
  /** Longest time for all of it, with the token and a second try; 5,000 ms unless given. */
  readonly timeoutMs?: number;
  /** Largest body of an answer; 1 MiB unless given. */
  readonly maxBytes?: number;
}

/** What came of a call: an answer of whatever status, no token, or no answer. */
export type ServiceAnswer =
  | { readonly ok: true; readonly status: number; readonly headers: Headers; readonly body: Buffer }
  | TokenFailure
  | {
      readonly ok: false;
      /** `unreachable`: no connection, a broken one, or a redirect, which is never followed. */
      readonly kind: 'unreachable' | 'too-late' | 'too-large';
      readonly cause: unknown;
    };

/** What this module says by itself, and what belongs to a user's own connection to this service (RFC 9700 §2.3). */
const RESERVED = new Set(['authorization', 'proxy-authorization', 'cookie', DEADLINE_HEADER]);

const TOO_LATE: ServiceAnswer = {
  ok: false,
  kind: 'too-late',
  cause: new Error('the time for the call is up'),
};

/**
 * Calls another service with a token for it. A 401 is answered by one second try with a new token: what was refused was not
 * carried out.
 *
 * @throws {TypeError} for wrong use: a token that no token client made, or credentials among the headers
 */
export async function callService(
  url: string | URL,
  init: CallInit,
  { token, onBehalfOf, timeoutMs = 5_000, maxBytes = 1024 * 1024 }: CallOptions,
): Promise<ServiceAnswer> {
  const obtain = obtainerOf(token);
  const headers = headersOf(init, onBehalfOf);
  const deadlineMs = Math.min(performance.now() + timeoutMs, onBehalfOf?.deadlineMs ?? Infinity);

  const attempt = async (refused?: string): Promise<{ answer: ServiceAnswer; sent?: string }> => {
    const outcome = await before(deadlineMs, obtain(refused));
    if (outcome === undefined) return { answer: TOO_LATE };
    if (!outcome.ok) return { answer: outcome };
    headers.set('authorization', `Bearer ${outcome.value}`);
    return { answer: await send(url, { ...init, headers }, deadlineMs, maxBytes), sent: outcome.value };
  };

  const { answer, sent } = await attempt();
  const wasRefused = answer.ok && answer.status === 401 && sent !== undefined;
  return wasRefused ? (await attempt(sent)).answer : answer;
}

function headersOf({ headers = {} }: CallInit, onBehalfOf: IncomingCall | undefined): Headers {
  const own = Object.keys(headers).find((name) => RESERVED.has(name.toLowerCase()));
  if (own !== undefined) throw new TypeError(`callService sets ${own} itself; nobody's own is sent on`);
  return new Headers({ ...headers, ...onBehalfOf?.tracing });
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

async function send(
  url: string | URL,
  { method = 'GET', headers, body }: Omit<CallInit, 'headers'> & { readonly headers: Headers },
  deadlineMs: number,
  maxBytes: number,
): Promise<ServiceAnswer> {
  const leftMs = remainingMs(deadlineMs);
  if (leftMs === 0) return TOO_LATE;
  headers.set(DEADLINE_HEADER, String(leftMs));
  const signal = AbortSignal.timeout(leftMs);
  try {
    const response = await fetch(url, {
      method,
      headers,
      signal,
      redirect: 'error',
      ...(body !== undefined && { body }),
    });
    const bytes = await readBounded(response, maxBytes);
    return { ok: true, status: response.status, headers: response.headers, body: bytes };
  } catch (cause) {
    if (cause instanceof TooLargeError) return { ok: false, kind: 'too-large', cause };
    return { ok: false, kind: signal.aborted ? 'too-late' : 'unreachable', cause };
  }
}

const remainingMs = (deadlineMs: number): number => Math.max(0, Math.floor(deadlineMs - performance.now()));
