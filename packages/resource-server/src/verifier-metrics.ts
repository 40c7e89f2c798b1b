import { isTimed } from './timed-verifier.ts';
import type { Verifier } from './verifier.ts';

type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

interface Metric {
  reset(): void;
  inc(labels: Sample[0], value: number): void;
}

type MetricClass = new (configuration: {
  name: string;
  help: string;
  labelNames: readonly string[];
  collect: (this: Metric) => void;
}) => unknown;

interface Histogram {
  observe(labels: Sample[0], value: number): void;
}

type HistogramClass = new (configuration: {
  name: string;
  help: string;
  labelNames: readonly string[];
  buckets: readonly number[];
}) => Histogram;

/** What is used of a Prometheus client; prom-client and @prometheus-io/client, its successor, have it. */
export interface MetricsClient {
  readonly register: { removeSingleMetric(name: string): void };
  readonly Counter: MetricClass;
  readonly Gauge: MetricClass;
  readonly Histogram: HistogramClass;
}

/** Seconds: a known token takes some microseconds, a new one some hundred. */
const VERIFICATION_BUCKETS = [2e-6, 5e-6, 1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 0.02, 0.1];
const UPDATE_BUCKETS = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 5];

/** Lets a client's registry show what a verifier counts. It is read when somebody asks; verifying a token pays nothing. */
export function showVerifierMetrics(
  verifier: Verifier,
  { register, Counter, Gauge, Histogram }: MetricsClient,
): void {
  const { counts, issuers } = verifier;
  function show(
    Kind: MetricClass,
    suffix: string,
    help: string,
    labelNames: readonly string[],
    samples: () => readonly Sample[],
  ): void {
    const name = `roomkey_verifier_${suffix}`;
    // The registry is the process's: an app built before this one may have left its own.
    register.removeSingleMetric(name);
    void new Kind({
      name,
      help,
      labelNames,
      collect() {
        this.reset();
        for (const [labels, value] of samples()) this.inc(labels, value);
      },
    });
  }

  function histogram(
    suffix: string,
    help: string,
    labelNames: readonly string[],
    buckets: readonly number[],
  ): Histogram {
    const name = `roomkey_verifier_${suffix}`;
    register.removeSingleMetric(name);
    return new Histogram({ name, help, labelNames, buckets });
  }

  if (isTimed(verifier)) {
    const help = 'Time to judge a token that was seen before, or a new one; one in eight is timed.';
    const times = histogram('verification_seconds', help, ['token'], VERIFICATION_BUCKETS);
    verifier.onTimed((seconds, known) => times.observe({ token: known ? 'known' : 'new' }, seconds));
  }
  const help = "From an issuer's hint that a status list has changed to its bits in force here.";
  const updates = histogram('list_update_seconds', help, ['issuer'], UPDATE_BUCKETS);
  for (const view of issuers)
    view.onListUpdate?.((seconds) => updates.observe({ issuer: view.issuer }, seconds));

  show(Counter, 'accepted_total', 'Tokens accepted.', [], () => [[{}, counts.accepted]]);
  show(Counter, 'cache_hits_total', 'Tokens accepted whose signature was verified before.', [], () => [
    [{}, counts.cacheHits],
  ]);
  show(Counter, 'refused_total', 'Tokens refused.', ['reason'], () =>
    [...counts.refused].map(([reason, count]) => [{ reason }, count]),
  );
  show(Gauge, 'cached_tokens', 'Verified tokens kept.', [], () => [[{}, counts.cachedTokens]]);
  show(Gauge, 'view_age_seconds', 'Age of the oldest part of what is known of an issuer.', ['issuer'], () =>
    issuers.map((view) => [{ issuer: view.issuer }, (view.ageMs?.() ?? 0) / 1_000]),
  );
}
