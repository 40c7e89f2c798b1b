import { createDocumentSource } from './document-source.ts';
import { verifyStatusListToken } from './status-list-token.ts';
import { StatusList } from './status-list.ts';
import type { VerificationKey } from './verification-key.ts';

/** One status list of an issuer, last known good. */
export interface FollowedList {
  /** Undefined until it was seen for the first time. */
  readonly list: StatusList | undefined;
  /** When it was last seen, in milliseconds since the epoch; -Infinity before the first time. */
  readonly seenAtMs: number;
  /** @throws when it cannot be had; what is known stays, and is judged by until it is too old */
  look(): Promise<void>;
  /** Ends it: from now on it says nothing, not to those either who still hold the list. */
  end(): void;
}

export interface FollowedListOptions {
  /** Its public address, which its token must name. */
  readonly uri: string;
  /** Where it is fetched. */
  readonly url: string;
  readonly issuer: string;
  readonly key: (kid: string) => VerificationKey | undefined;
  /** For how long the list is judged by after it was last seen. */
  readonly maxAgeMs: number;
  readonly timeoutMs: number;
  readonly now: () => number;
  readonly signal: AbortSignal;
}

/** 2²³ statuses of one bit; a token of them all, incompressible, is below 2 MiB. */
const MAX_ARRAY_BYTES = 1024 * 1024;
const MAX_TOKEN_BYTES = 2 * 1024 * 1024;
/** So long before its end a list is asked for whole: that it is unchanged would not make it last. */
const RENEWAL_MS = 60_000;

export function followList(options: FollowedListOptions): FollowedList {
  const { uri, url, issuer, key, maxAgeMs, timeoutMs, now, signal } = options;
  const accept = 'application/statuslist+jwt';
  const source = createDocumentSource({ url, accept, timeoutMs, maxBytes: MAX_TOKEN_BYTES, signal });
  let list: StatusList | undefined;
  let seenAtMs = -Infinity;
  let expiresAtMs = -Infinity;
  let signedBy: VerificationKey | undefined;
  let isEnded = false;

  function takeOver(body: Buffer, nowMs: number): StatusList {
    const rules = { uri, issuer, key, maxBytes: MAX_ARRAY_BYTES, nowMs };
    const verified = verifyStatusListToken(body.toString('latin1'), rules);
    list?.merge(verified);
    expiresAtMs = Math.max(expiresAtMs, verified.expiresAtMs);
    signedBy = verified.signedBy;
    source.keep();
    return list ?? new StatusList(uri, verified, -Infinity);
  }

  return {
    get list() {
      return list;
    },
    get seenAtMs() {
      return seenAtMs;
    },
    async look() {
      const nowMs = now();
      // Nothing that a withdrawn key has signed is taken for current, nor what is about to end.
      if (signedBy?.withdrawn || expiresAtMs - nowMs < RENEWAL_MS) source.forget();
      const body = await source.look();
      if (isEnded) return;
      if (body !== undefined) list = takeOver(body, nowMs);
      if (list !== undefined) list.goodUntilMs = Math.min(expiresAtMs, nowMs + maxAgeMs);
      seenAtMs = nowMs;
    },
    end() {
      isEnded = true;
      if (list !== undefined) list.goodUntilMs = -Infinity;
    },
  };
}
