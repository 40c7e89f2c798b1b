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

/** What is used of a Prometheus client; prom-client and @prometheus-io/client, its successor, have it. */
export interface MetricsClient {
  readonly register: { removeSingleMetric(name: string): void };
  readonly Counter: MetricClass;
  readonly Gauge: MetricClass;
}

/** Lets a client's registry show what a verifier counts. It is read when somebody asks; verifying a token pays nothing. */
export function showVerifierMetrics(
  { counts, issuers }: Verifier,
  { register, Counter, Gauge }: MetricsClient,
): void {
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
