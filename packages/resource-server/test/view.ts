import {
  createVerifier,
  openIssuerView,
  type IssuerView,
  type IssuerViewOptions,
  type RefusalReason,
  type Verdict,
  type Verifier,
} from '../src/index.ts';
import type { Desk } from './desk.ts';

export interface OpenedView extends Disposable {
  readonly view: IssuerView;
  /** Trusts the desk through the view. */
  readonly verifier: Verifier;
  /**
   * The verdict on a token, given at first sight, from the cache and without a cache: a fault when these are not the same
   * (security 28).
   */
  readonly judge: (token: string) => 'accepted' | RefusalReason;
  /** What the view reported. */
  readonly errors: unknown[];
}

/** A view of a desk that looks only when it is asked to, unless told otherwise. */
export async function openView(
  desk: Desk,
  options: Partial<IssuerViewOptions> & { listsToo?: boolean; eventsToo?: boolean } = {},
): Promise<OpenedView> {
  const { listsToo = true, eventsToo = false, ...rest } = options;
  const errors: unknown[] = [];
  const view = await openIssuerView({
    issuer: desk.issuer,
    jwksUrl: desk.jwksUrl,
    ...(listsToo && { statusListsUrl: desk.statusListsUrl }),
    ...(eventsToo && { eventsUrl: desk.eventsUrl }),
    pollMs: 3_600_000,
    timeoutMs: 10_000,
    onError: (error) => errors.push(error),
    ...rest,
  });
  const issuers = [{ view, audience: desk.audience }];
  const now = options.now ?? Date.now;
  const verifier = createVerifier({ issuers, now });
  const forgetful = createVerifier({ issuers, now, maxCachedTokens: 0 });
  return {
    view,
    verifier,
    judge(token) {
      const verdicts = [verifier, verifier, forgetful].map((one) => nameOf(one.verify(token)));
      const [verdict] = verdicts;
      if (verdict === undefined || verdicts.some((other) => other !== verdict))
        throw new Error(`one token, different verdicts: ${verdicts.join(', ')}`);
      return verdict;
    },
    errors,
    [Symbol.dispose]: () => view.close(),
  };
}

export function nameOf(verdict: Verdict): 'accepted' | RefusalReason {
  return verdict.ok ? 'accepted' : verdict.reason;
}
