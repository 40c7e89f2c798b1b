import type { Service } from '@roomkey/service';
import type { KeyOverview } from './domain/signing-keys.ts';

const NAME = 'roomkey_auth_signing_key_age_seconds';

/**
 * Shows how old each published key is, counted from its first signature; below zero while that is to come. Asked of the
 * database when somebody looks; while that is away, nothing is shown.
 */
export function showKeyAges(
  { register, Gauge }: Service['metrics']['client'],
  keys: () => Promise<readonly KeyOverview[]>,
  now: () => Date,
): void {
  // The registry is the process's: an app built before this one may have left its own.
  register.removeSingleMetric(NAME);
  void new Gauge({
    name: NAME,
    help: 'Seconds since a signing key was activated.',
    labelNames: ['kid', 'state'],
    async collect() {
      const known = await keys().catch(() => []);
      this.reset();
      for (const { kid, state, activatesAt } of known) {
        if (state !== 'removed') this.set({ kid, state }, (now().getTime() - activatesAt.getTime()) / 1_000);
      }
    },
  });
}
