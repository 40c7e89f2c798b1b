import { setTimeout as delay } from 'node:timers/promises';
import { fetchDocument } from './fetch-document.ts';
import { importJwks } from './jwks.ts';
import type { SignatureAlgorithm, VerificationKey } from './verification-key.ts';

/** What a verifier asks about an issuer; answered from memory. */
export interface IssuerKeys {
  /** The issuer identifier, exactly as in its tokens. */
  readonly issuer: string;
  /** The published key of that id. */
  key(kid: string): VerificationKey | undefined;
  /** Whether what is known of the issuer is young enough to judge by. */
  isFresh(nowMs: number): boolean;
}

export interface IssuerViewOptions {
  readonly issuer: string;
  /** Where its keys are fetched: a setting, never taken from a token. */
  readonly jwksUrl: string;
  /** Signature algorithms that may verify; ES256 alone unless given. */
  readonly algorithms?: readonly SignatureAlgorithm[];
  /** Time between two looks at the issuer; 5,000 ms unless given. */
  readonly pollMs?: number;
  /**
   * Oldest view that still judges; 900 s unless given. As long as the longest token, an issuer that is away refuses no token
   * before its end; shorter closes sooner on a verifier that is cut off, at the price of refusing valid tokens in an outage.
   */
  readonly maxAgeSeconds?: number;
  /** Shortest time between two fetches that unknown key ids cause; 5,000 ms unless given. */
  readonly coolDownMs?: number;
  /** Longest wait for a document; 2,000 ms unless given. */
  readonly timeoutMs?: number;
  /** Told of every look that failed; the view goes on with what it has. */
  readonly onError?: (error: unknown) => void;
}

/** The keys of one issuer, kept fresh in the background. */
export interface IssuerView extends IssuerKeys {
  /** Looks at the issuer now, or joins the look under way. Resolves also when it fails. */
  refresh(): Promise<void>;
  /** Age of the view in milliseconds; Infinity before the first success. */
  ageMs(): number;
  /** @throws when the view is too old to judge by: for readiness */
  requireFresh(): void;
  /** Ends the background work. */
  close(): void;
}

const MAX_JWKS_BYTES = 256 * 1024;

/**
 * Opens a view of an issuer and keeps it fresh until closed. Returns after the first look, whether it succeeded or not: a
 * service starts without its issuer and becomes ready when the issuer is seen.
 */
export async function openIssuerView(options: IssuerViewOptions): Promise<IssuerView> {
  const {
    issuer,
    jwksUrl,
    algorithms = ['ES256'],
    pollMs = 5_000,
    coolDownMs = 5_000,
    timeoutMs = 2_000,
  } = options;
  const maxAgeMs = (options.maxAgeSeconds ?? 900) * 1_000;
  const closing = new AbortController();
  let keys: ReadonlyMap<string, VerificationKey> = new Map();
  let etag: string | undefined;
  let seenAtMs = -Infinity;
  let underWay: Promise<void> | undefined;
  let lastUnknownAtMs = -Infinity;

  async function look(): Promise<void> {
    try {
      const startedAtMs = Date.now();
      const document = await fetchDocument(
        jwksUrl,
        'application/jwk-set+json, application/json',
        etag,
        { timeoutMs, maxBytes: MAX_JWKS_BYTES },
        closing.signal,
      );
      // Last known good: what cannot be read changes nothing (security 39).
      if (document.body !== undefined) keys = importJwks(document.body, algorithms, keys);
      etag = document.etag;
      seenAtMs = startedAtMs;
    } catch (error) {
      if (!closing.signal.aborted) options.onError?.(error);
    }
  }

  function refresh(): Promise<void> {
    underWay ??= look().finally(() => {
      underWay = undefined;
    });
    return underWay;
  }

  async function poll(): Promise<void> {
    while (!closing.signal.aborted) {
      await delay(pollMs, undefined, { signal: closing.signal, ref: false }).catch(() => undefined);
      if (!closing.signal.aborted) await refresh();
    }
  }

  const view: IssuerView = {
    issuer,
    refresh,
    key(kid) {
      const key = keys.get(kid);
      if (key === undefined && Date.now() - lastUnknownAtMs >= coolDownMs) {
        lastUnknownAtMs = Date.now();
        void refresh();
      }
      return key;
    },
    isFresh: (nowMs) => nowMs - seenAtMs <= maxAgeMs,
    ageMs: () => Date.now() - seenAtMs,
    requireFresh() {
      if (!view.isFresh(Date.now()))
        throw new Error(`no view of ${issuer} younger than ${maxAgeMs / 1_000} s`);
    },
    close: () => closing.abort(),
  };
  await refresh();
  void poll();
  return view;
}
