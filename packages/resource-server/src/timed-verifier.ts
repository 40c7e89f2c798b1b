import { performance } from 'node:perf_hooks';
import type { Verifier } from './verifier.ts';

/** Told of a verification that was timed: how long it took, and whether the token was known already. */
export type TimingListener = (seconds: number, known: boolean) => void;

export interface TimedVerifier extends Verifier {
  /** The one who is told from now on; must be quick and must not throw. */
  onTimed(listener: TimingListener): void;
}

/** A power of two. Looking at the clock twice costs a tenth of a microsecond: spread over so many it is not to be seen. */
const ONE_OF = 8;

/** The same verifier, of which one verification in eight is timed, the first among them. */
export function timeVerifications(verifier: Verifier): TimedVerifier {
  let listener: TimingListener = () => {};
  let calls = 0;
  return {
    counts: verifier.counts,
    issuers: verifier.issuers,
    verify(token) {
      if ((calls++ & (ONE_OF - 1)) !== 0) return verifier.verify(token);
      const startedAt = performance.now();
      const verdict = verifier.verify(token);
      listener((performance.now() - startedAt) / 1_000, verdict.ok && verdict.cached);
      return verdict;
    },
    onTimed(next) {
      listener = next;
    },
  };
}

export const isTimed = (verifier: Verifier): verifier is TimedVerifier => 'onTimed' in verifier;
