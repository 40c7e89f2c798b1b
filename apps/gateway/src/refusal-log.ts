import { loggedPath, type ProblemSlug } from '@roomkey/service/plain';

/** A request that the gateway answered itself, with a problem. */
export interface Refusal {
  readonly requestId: string;
  readonly slug: ProblemSlug;
  readonly status: number;
  /** Neither is known of what the parser refused. */
  readonly method?: string | undefined;
  readonly url?: string | undefined;
}

const INTERVAL_MS = 1_000;
/** In an interval, of each problem: strangers can be refused faster than lines are worth reading, and must hide no other kind. */
const MAX_LINES = 10;
const MAX_PATH_LENGTH = 256;

/** One line a refusal, for no service has one; of many in a second the first few, and how many more there were. */
export class RefusalLog {
  readonly #log: (message: string, fields: object) => void;
  readonly #counts = new Map<ProblemSlug, number>();
  #interval: NodeJS.Timeout | undefined;

  constructor(log: (message: string, fields: object) => void) {
    this.#log = log;
  }

  add({ requestId, slug, status, method, url }: Refusal): void {
    const count = (this.#counts.get(slug) ?? 0) + 1;
    this.#counts.set(slug, count);
    this.#interval ??= setTimeout(() => this.flush(), INTERVAL_MS).unref();
    if (count > MAX_LINES) return;
    this.#log('request refused', { reqId: requestId, method, path: pathOf(url), status, problem: slug });
  }

  /** Says how many were left out since it last did. */
  flush(): void {
    clearTimeout(this.#interval);
    this.#interval = undefined;
    for (const [problem, count] of this.#counts) {
      if (count > MAX_LINES) this.#log('refused requests left out', { problem, count: count - MAX_LINES });
    }
    this.#counts.clear();
  }
}

/** What is no path, such as a whole address, may hold a password. */
function pathOf(url: string | undefined): string | undefined {
  return url?.startsWith('/') ? loggedPath(url).slice(0, MAX_PATH_LENGTH) : undefined;
}
