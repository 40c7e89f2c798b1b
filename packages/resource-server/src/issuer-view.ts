import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { coalesce } from './coalesce.ts';
import { followEvents, type Hint } from './follow-events.ts';
import { createPublishedKeys } from './published-keys.ts';
import { createPublishedLists } from './published-lists.ts';
import type { StatusList } from './status-list.ts';
import type { SignatureAlgorithm, VerificationKey } from './verification-key.ts';

/** What a verifier asks about an issuer; answered from memory. */
export interface IssuerKnowledge {
  /** The issuer identifier, exactly as in its tokens. */
  readonly issuer: string;
  /** The published key of that id. */
  key(kid: string): VerificationKey | undefined;
  /** Whether tokens of this issuer must name a status; without lists, none is looked at. */
  readonly hasStatusLists: boolean;
  /** The published list of that address. */
  statusList(uri: string): StatusList | undefined;
  /** Whether its keys, and which lists there are, were seen lately enough to judge by; each list says so for itself. */
  isFresh(nowMs: number): boolean;
  /** Age in milliseconds of what is known, where it has one: for metrics. */
  ageMs?(): number;
  /** Tells the listener from now on how long it took, in seconds, from a hint at a change of a list to its bits in force. */
  onListUpdate?(listener: (seconds: number) => void): void;
}

export interface IssuerViewOptions {
  readonly issuer: string;
  /** Where its keys are fetched: a setting, never taken from a token. */
  readonly jwksUrl: string;
  /** Where the aggregation of its status lists is fetched. With it, every token must name its status; without, none is asked. */
  readonly statusListsUrl?: string | undefined;
  /** Where it hints at changes (server-sent events). Without it, changes are seen by polling. */
  readonly eventsUrl?: string | undefined;
  /** Signature algorithms that may verify; ES256 alone unless given. */
  readonly algorithms?: readonly SignatureAlgorithm[];
  /** Time between two looks at the issuer; 2,000 ms unless given. */
  readonly pollMs?: number;
  /**
   * Oldest view that still judges; 900 s unless given. As long as the longest token, an issuer that is away refuses no token
   * before its end; shorter closes sooner on a verifier that is cut off, at the price of refusing valid tokens in an outage.
   */
  readonly maxAgeSeconds?: number;
  /** Shortest time between two looks that unknown keys or lists cause; 5,000 ms unless given. */
  readonly coolDownMs?: number;
  /** Longest wait for a document; 2,000 ms unless given. */
  readonly timeoutMs?: number;
  /** Told of every look that failed; the view goes on with what it has. Must not throw. */
  readonly onError?: (error: unknown) => void;
  /** Milliseconds since the epoch; `Date.now` unless given. */
  readonly now?: () => number;
}

/** The keys and status lists of one issuer, kept fresh in the background. */
export interface IssuerView extends IssuerKnowledge {
  /** Looks at the issuer now. Resolves also when it fails; a call during a look is answered by one look more. */
  refresh(): Promise<void>;
  /** Age of its oldest part in milliseconds; Infinity while a part was never seen. */
  ageMs(): number;
  /** @throws when the view is too old to judge by: for readiness */
  requireFresh(): void;
  /** Ends the background work. */
  close(): void;
}

/** Until an issuer was seen for the first time nothing can be judged: services that start together wait no longer than this. */
const FIRST_LOOKS_MS = 250;
/** Between two looks at the same document, however many hints arrive: what a flood of them can cost, and delay. */
const MIN_GAP_MS = 20;

/**
 * Opens a view of an issuer and keeps it fresh until closed. Returns after the first look, whether it succeeded or not: a
 * service starts without its issuer and becomes ready when the issuer is seen.
 *
 * @throws {TypeError} when an address is not one of http or https
 */
export async function openIssuerView(options: IssuerViewOptions): Promise<IssuerView> {
  const { issuer, jwksUrl, statusListsUrl, eventsUrl } = options;
  const { pollMs = 2_000, coolDownMs = 5_000, timeoutMs = 2_000, now = Date.now } = options;
  const maxAgeMs = (options.maxAgeSeconds ?? 900) * 1_000;
  for (const url of [jwksUrl, statusListsUrl, eventsUrl]) requireHttp(url);
  const closing = new AbortController();
  const { signal } = closing;
  const keys = createPublishedKeys(jwksUrl, options.algorithms ?? ['ES256'], timeoutMs, signal);
  const lists =
    statusListsUrl === undefined
      ? undefined
      : createPublishedLists({
          issuer,
          aggregationUrl: statusListsUrl,
          key: (kid) => keys.get(kid),
          maxAgeMs,
          minGapMs: MIN_GAP_MS,
          timeoutMs,
          now,
          signal,
          onError: report,
        });
  let seenAtMs = -Infinity;
  let lastSurpriseAtMs = -Infinity;
  let onListUpdate = (_seconds: number): void => {};

  function report(error: unknown): void {
    if (!signal.aborted) options.onError?.(error);
  }

  async function succeeds(look: Promise<void> | undefined): Promise<boolean> {
    try {
      await look;
      return true;
    } catch (error) {
      report(error);
      return false;
    }
  }

  const refresh = coalesce(async () => {
    const startedAtMs = now();
    // Keys first: a list may be signed by a key that is new as well.
    const sawKeys = await succeeds(keys.look());
    const sawLists = await succeeds(lists?.look());
    if (sawKeys && sawLists) seenAtMs = startedAtMs;
  }, MIN_GAP_MS);

  /** A token names what is not known here: one look per cool-down, however many do (security 25). */
  function surprised(): void {
    const atMs = performance.now();
    if (atMs - lastSurpriseAtMs < coolDownMs) return;
    lastSurpriseAtMs = atMs;
    void refresh();
  }

  function follow(hint: Hint | 'connected'): void {
    if (hint !== 'connected' && hint.kind === 'list') void lookAtList(hint.uri);
    else void refresh();
  }

  async function lookAtList(uri: string): Promise<void> {
    const hintedAtMs = performance.now();
    if (await lists?.lookSoonAt(uri)) onListUpdate((performance.now() - hintedAtMs) / 1_000);
  }

  async function poll(): Promise<void> {
    while (!signal.aborted) {
      const pauseMs = seenAtMs === -Infinity ? Math.min(pollMs, FIRST_LOOKS_MS) : pollMs;
      await delay(pauseMs, undefined, { signal, ref: false }).catch(() => undefined);
      if (!signal.aborted) await refresh();
    }
  }

  const view: IssuerView = {
    issuer,
    refresh,
    hasStatusLists: lists !== undefined,
    key(kid) {
      const known = keys.get(kid);
      if (known === undefined) surprised();
      return known;
    },
    statusList(uri) {
      const known = lists?.get(uri);
      if (known === undefined) surprised();
      return known;
    },
    isFresh: (nowMs) => nowMs - seenAtMs <= maxAgeMs,
    ageMs: () => now() - Math.min(seenAtMs, lists?.oldestSeenAtMs() ?? Infinity),
    requireFresh() {
      if (!view.isFresh(now())) throw new Error(`no view of ${issuer} younger than ${maxAgeMs / 1_000} s`);
    },
    onListUpdate(listener) {
      onListUpdate = listener;
    },
    close: () => closing.abort(),
  };
  await refresh();
  void poll();
  if (eventsUrl !== undefined) void followEvents({ url: eventsUrl, onHint: follow, signal });
  return view;
}

/** @throws {TypeError} when it is no HTTP address: what else fetch can read is no place an issuer publishes at */
function requireHttp(url: string | undefined): void {
  if (url !== undefined && !['http:', 'https:'].includes(new URL(url).protocol))
    throw new TypeError(`${url} is no http or https address`);
}
