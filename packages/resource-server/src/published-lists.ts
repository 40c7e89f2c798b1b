import { coalesce } from './coalesce.ts';
import { createDocumentSource, type DocumentSource } from './document-source.ts';
import { verifyStatusListToken } from './status-list-token.ts';
import { StatusList } from './status-list.ts';
import type { VerificationKey } from './verification-key.ts';

/** The status lists an issuer publishes, last known good. */
export interface PublishedLists {
  get(uri: string): StatusList | undefined;
  /** Looks at which lists there are and at each of them. @throws when one cannot be had; what is known stays */
  look(): Promise<void>;
  /** Looks at one known list. @throws when it cannot be had */
  lookAt(uri: string): Promise<void>;
}

export interface PublishedListsOptions {
  readonly issuer: string;
  /** The aggregation (draft-21 §9): a JSON object whose `status_lists` names the lists. */
  readonly aggregationUrl: string;
  readonly key: (kid: string) => VerificationKey | undefined;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

interface Followed {
  readonly look: () => Promise<void>;
  list: StatusList | undefined;
}

const MAX_AGGREGATION_BYTES = 64 * 1024;
const MAX_LISTS = 256;
/** 2²³ statuses of one bit; a token of them all, incompressible, is below 2 MiB. */
const MAX_ARRAY_BYTES = 1024 * 1024;
const MAX_TOKEN_BYTES = 2 * 1024 * 1024;

export function createPublishedLists(options: PublishedListsOptions): PublishedLists {
  const { issuer, aggregationUrl, key, timeoutMs, signal } = options;
  const aggregation = createDocumentSource({
    url: aggregationUrl,
    accept: 'application/json',
    timeoutMs,
    maxBytes: MAX_AGGREGATION_BYTES,
    signal,
  });
  const followed = new Map<string, Followed>();

  function follow(uri: string): Followed {
    const accept = 'application/statuslist+jwt';
    const url = fetchedAt(uri, aggregationUrl);
    const source = createDocumentSource({ url, accept, timeoutMs, maxBytes: MAX_TOKEN_BYTES, signal });
    const one: Followed = { list: undefined, look: coalesce(() => lookAtList(one, uri, source)) };
    return one;
  }

  async function lookAtList(one: Followed, uri: string, source: DocumentSource): Promise<void> {
    const body = await source.look();
    if (body === undefined) return;
    const rules = { uri, issuer, key, maxBytes: MAX_ARRAY_BYTES, nowMs: Date.now() };
    const verified = verifyStatusListToken(body.toString('latin1'), rules);
    if (one.list === undefined) one.list = new StatusList(uri, verified, verified.expiresAtMs);
    else one.list.merge(verified, verified.expiresAtMs);
    source.keep();
  }

  function takeOver(uris: readonly string[]): void {
    for (const uri of uris) if (!followed.has(uri)) followed.set(uri, follow(uri));
    for (const [uri, { list }] of followed) {
      if (uris.includes(uri)) continue;
      if (list) list.withdrawn = true;
      followed.delete(uri);
    }
  }

  return {
    get: (uri) => followed.get(uri)?.list,
    async look() {
      const body = await aggregation.look();
      if (body !== undefined) {
        takeOver(readAggregation(body, issuer));
        aggregation.keep();
      }
      await Promise.all([...followed.values()].map((one) => one.look()));
    },
    async lookAt(uri) {
      await followed.get(uri)?.look();
    },
  };
}

/** @throws unless every list is the issuer's own: a list is never fetched from anywhere else (security 93) */
function readAggregation(body: Buffer, issuer: string): readonly string[] {
  const { status_lists: uris } = JSON.parse(body.toString('utf8')) as { status_lists?: unknown };
  if (!Array.isArray(uris) || uris.length > MAX_LISTS) throw new Error('this is no status list aggregation');
  const prefix = issuer.endsWith('/') ? issuer : `${issuer}/`;
  if (!uris.every((uri) => typeof uri === 'string' && uri.startsWith(prefix))) {
    throw new Error(`the aggregation names lists that are not below ${issuer}`);
  }
  return uris as string[];
}

/** A list is named by its public address and fetched where this service reaches the issuer: same path, configured origin. */
function fetchedAt(uri: string, aggregationUrl: string): string {
  const { pathname, search } = new URL(uri);
  return new URL(`${pathname}${search}`, new URL(aggregationUrl).origin).href;
}
