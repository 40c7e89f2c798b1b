import { coalesce } from './coalesce.ts';
import { createDocumentSource } from './document-source.ts';
import { followList, type FollowedList, type FollowedListOptions } from './followed-list.ts';
import type { StatusList } from './status-list.ts';

/** The status lists an issuer publishes, last known good. */
export interface PublishedLists {
  get(uri: string): StatusList | undefined;
  /**
   * Looks at which lists there are, and at each of them. A list that cannot be had is reported and stays as it is known.
   *
   * @throws when it cannot be learned which lists there are
   */
  look(): Promise<void>;
  /** Looks at one known list, soon; resolves with whether it was seen then. */
  lookSoonAt(uri: string): Promise<boolean>;
  /** When the list that was not seen for longest was last seen, in milliseconds since the epoch; Infinity without lists. */
  oldestSeenAtMs(): number;
}

export interface PublishedListsOptions extends Omit<FollowedListOptions, 'uri' | 'url'> {
  /** The aggregation (draft-21 §9): a JSON object whose `status_lists` names the lists. */
  readonly aggregationUrl: string;
  /** Shortest time between two looks at the same list. */
  readonly minGapMs: number;
  /** Told of each look at a list that failed. */
  readonly onError: (error: unknown) => void;
}

interface Publication {
  readonly followed: FollowedList;
  /** Never rejects. */
  readonly look: () => Promise<void>;
  isNamed: boolean;
  /** No longer named, and no longer to be had. */
  isGone: boolean;
}

const MAX_AGGREGATION_BYTES = 64 * 1024;
const MAX_LISTS = 256;

export function createPublishedLists(options: PublishedListsOptions): PublishedLists {
  const { issuer, aggregationUrl, minGapMs, timeoutMs, now, signal, onError } = options;
  const aggregation = createDocumentSource({
    url: aggregationUrl,
    accept: 'application/json',
    timeoutMs,
    maxBytes: MAX_AGGREGATION_BYTES,
    signal,
  });
  const publications = new Map<string, Publication>();

  function publicationOf(uri: string): Publication {
    const followed = followList({ ...options, uri, url: fetchedAt(uri, aggregationUrl) });
    const look = coalesce(async () => {
      try {
        await followed.look();
        publication.isGone = false;
      } catch (error) {
        publication.isGone = !publication.isNamed;
        onError(error);
      }
    }, minGapMs);
    const publication: Publication = { followed, look, isNamed: true, isGone: false };
    return publication;
  }

  function takeOver(named: ReadonlySet<string>): void {
    for (const uri of named) if (!publications.has(uri)) publications.set(uri, publicationOf(uri));
    for (const [uri, publication] of publications) {
      publication.isNamed = named.has(uri);
      publication.isGone &&= !publication.isNamed;
    }
  }

  /** An aggregation is not signed: what it leaves out is kept until the list's own time is over. */
  function dropWhatHasEnded(): void {
    for (const [uri, { followed, isNamed }] of publications) {
      if (isNamed || (followed.list?.goodUntilMs ?? 0) > now()) continue;
      followed.end();
      publications.delete(uri);
    }
  }

  return {
    get: (uri) => publications.get(uri)?.followed.list,
    async look() {
      const body = await aggregation.look();
      if (body !== undefined) {
        takeOver(readAggregation(body, issuer));
        aggregation.keep();
      }
      dropWhatHasEnded();
      await Promise.all([...publications.values()].filter(({ isGone }) => !isGone).map(({ look }) => look()));
    },
    async lookSoonAt(uri) {
      const publication = publications.get(uri);
      const before = publication?.followed.seenAtMs;
      await publication?.look();
      return publication?.followed.seenAtMs !== before;
    },
    oldestSeenAtMs() {
      const named = [...publications.values()].filter(({ isNamed }) => isNamed);
      return Math.min(...named.map(({ followed }) => followed.seenAtMs));
    },
  };
}

/** @throws unless every list is the issuer's own: a list is never fetched from anywhere else (security 93) */
function readAggregation(body: Buffer, issuer: string): ReadonlySet<string> {
  const { status_lists: uris } = JSON.parse(body.toString('utf8')) as { status_lists?: unknown };
  if (!Array.isArray(uris) || uris.length > MAX_LISTS) throw new Error('this is no status list aggregation');
  const prefix = issuer.endsWith('/') ? issuer : `${issuer}/`;
  if (!uris.every((uri) => typeof uri === 'string' && uri.startsWith(prefix))) {
    throw new Error(`the aggregation names lists that are not below ${issuer}`);
  }
  return new Set(uris as string[]);
}

/** A list is named by its public address and fetched where this service reaches the issuer: same path, configured origin. */
function fetchedAt(uri: string, aggregationUrl: string): string {
  const { pathname, search } = new URL(uri);
  const url = new URL(aggregationUrl);
  // Set, not resolved: a path that begins with two slashes would resolve to another host.
  url.pathname = pathname;
  url.search = search;
  return url.href;
}
