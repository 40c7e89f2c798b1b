import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stdout } from 'node:process';
import { expect, test } from 'vitest';
import { ROOT, type Stack } from './stack.ts';

const DASHBOARD = 'deploy/observability/grafana/dashboards/roomkey.json';
const SOURCES = 'deploy/observability/grafana/provisioning/datasources/sources.yaml';
const PROFILE = ['--profile', 'observability'];
const SLOWEST_UPDATE =
  'max(histogram_quantile(0.99, sum by (le, job) (rate(roomkey_verifier_list_update_seconds_bucket[2m]))))';
/** Two looks of Prometheus, five seconds apart, on a busy machine. */
const PATIENCE = { timeout: 60_000, interval: 1_000 };

interface Source {
  readonly uid: string;
}

interface Dashboard {
  readonly panels: readonly {
    readonly id: number;
    readonly title: string;
    readonly datasource: Source;
    readonly targets: readonly { readonly expr: string; readonly datasource: Source }[];
  }[];
}

const readDashboard = async (): Promise<Dashboard> =>
  JSON.parse(await readFile(join(ROOT, DASHBOARD), 'utf8')) as Dashboard;

/**
 * Registers the tests of what is seen of the running system. Grafana and Jaeger themselves are not started: what they would
 * ask is asked of Prometheus.
 *
 * @param stay somebody's stay: reads, a refusal, an end of a session
 */
export function testObservability(stack: Stack, stay: () => Promise<void>): void {
  const ask = async (path: string): Promise<unknown> => {
    const answer = await fetch(`${stack.prometheusOrigin}/api/v1/${path}`);
    const { data } = (await answer.json()) as { data: unknown };
    return data;
  };
  const resultsOf = async (expr: string): Promise<readonly unknown[]> => {
    const query = encodeURIComponent(expr.replaceAll('$__rate_interval', '1m'));
    return ((await ask(`query?query=${query}`)) as { result: readonly unknown[] }).result;
  };

  test('Prometheus finds every replica and the balancer by itself, and services cannot look back', async () => {
    await stack.compose(...PROFILE, 'up', '--detach', '--wait', '--no-deps', 'prometheus');
    const check = ['exec', '--no-TTY', 'prometheus', 'promtool', 'check', 'config'];
    expect(await stack.compose(...check, '/etc/prometheus/prometheus.yml')).toContain('SUCCESS');
    const jobs = async () => {
      const { activeTargets } = (await ask('targets')) as {
        activeTargets: readonly { health: string; labels: { job: string } }[];
      };
      return activeTargets.map(({ health, labels }) => `${labels.job} ${health}`).sort();
    };
    const twice = (job: string) => [`${job} up`, `${job} up`];
    await expect
      .poll(jobs, PATIENCE)
      .toEqual([...twice('auth'), ...twice('data'), 'gateway up', ...twice('image'), ...twice('profile')]);
    const back = `fetch('http://prometheus:9090/').then(() => 'reached', ({ cause }) => cause.code).then(console.log)`;
    expect(await stack.inside('image', back)).toBe('ECONNREFUSED');
  });

  test('every curve of the dashboard is there', async () => {
    const { panels } = await readDashboard();
    await stay();
    for (const { title, targets } of panels) {
      for (const { expr } of targets) {
        await expect
          .poll(async () => (await resultsOf(expr)).length, { ...PATIENCE, message: `${title}: ${expr}` })
          .toBeGreaterThan(0);
      }
    }
    // The first update that a replica sees makes its series, and the next one is the first that has a rate.
    const slowest = async (): Promise<number> => {
      await stay();
      const [all] = (await resultsOf(SLOWEST_UPDATE)) as readonly { value: readonly [number, string] }[];
      return Number(all?.value[1]);
    };
    await expect.poll(slowest, PATIENCE).toBeLessThan(5);
    stdout.write(`p99 from the hint at a revocation to its bits in force: ${await slowest()} s\n`);
  });

  test('the dashboard asks the sources that are provisioned', async () => {
    const { panels } = await readDashboard();
    const provisioned = await readFile(join(ROOT, SOURCES), 'utf8');
    const asked = panels.flatMap(({ datasource, targets }) => [
      datasource,
      ...targets.map((one) => one.datasource),
    ]);
    for (const uid of new Set(asked.map((source) => source.uid)))
      expect(provisioned).toContain(`uid: ${uid},`);
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    await stack.compose(...PROFILE, 'rm', '--stop', '--force', 'prometheus');
  });
}
