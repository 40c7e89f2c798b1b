import { Gateway } from '@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1/Gateway';
import { HTTPRoute } from '@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1/HTTPRoute';
import { Deployment } from 'kubernetes-models/apps/v1/Deployment';
import { HorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2/HorizontalPodAutoscaler';
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget';
import { ConfigMap } from 'kubernetes-models/v1/ConfigMap';
import { Service } from 'kubernetes-models/v1/Service';
import { describe, expect, test } from 'vitest';
import { isSelected, missingIn, OVERLAYS, readOverlay, secretsOf } from './overlay.ts';

const SERVICES = ['auth', 'image', 'profile', 'data'];
/** Who may open a connection to whom, beside names and the database. */
const CALLS = ['data auth', 'data image', 'data profile', 'image auth', 'profile auth', 'profile image'];
/** What a service gives to requests in flight once it takes no new ones. */
const CLOSE_TIMEOUT_MS = 10_000;

describe.each(OVERLAYS.map(readOverlay))('overlay $name', (overlay) => {
  const { all, manifests, pods } = overlay;
  const policies = [...all(NetworkPolicy)].map(([name, { spec = {} }]) => ({ name, ...spec }));
  const podsOf = (selector: object | undefined) =>
    pods.filter(({ labels }) => isSelected(labels, selector)).map(({ name }) => name);

  test('all that pods refer to is there', () => {
    expect(missingIn(overlay)).toEqual([]);
  });

  test('it holds no secret, and names those that it needs', () => {
    expect(manifests.filter(({ kind }) => kind === 'Secret')).toEqual([]);
    expect(secretsOf(overlay)).toMatchObject({
      auth: ['clients.json', 'database-url', 'key-encryption-key'],
      image: ['client-key', 'database-url'],
      profile: ['client-key', 'database-url'],
      data: ['client-key', 'database-url'],
    });
    const named = pods.flatMap(({ container }) => container.env ?? []);
    const given = named.filter(({ name }) => /KEY|SECRET|PASSWORD|DATABASE_URL|TOKEN$/.test(name));
    expect(given.filter(({ name }) => !name.endsWith('_FILE'))).toEqual([]);
  });

  test.for(SERVICES)('%s has its own name, autoscaler, budget, policy and migration', (name) => {
    for (const selector of [
      all(Deployment).get(name)?.spec?.selector.matchLabels,
      all(Service).get(name)?.spec?.selector,
      all(PodDisruptionBudget).get(name)?.spec?.selector?.matchLabels,
      all(NetworkPolicy).get(name)?.spec?.podSelector?.matchLabels,
    ]) {
      expect(podsOf(selector)).toEqual([name]);
    }
    const { scaleTargetRef, minReplicas } = all(HorizontalPodAutoscaler).get(name)?.spec ?? {};
    expect(scaleTargetRef).toMatchObject({ kind: 'Deployment', name });
    expect(minReplicas).toBeGreaterThanOrEqual(2);
    expect(all(Deployment).get(name)?.spec).not.toHaveProperty('replicas');
    const imageOf = (workload: string) => pods.find((pod) => pod.name === workload)?.container.image;
    expect(imageOf(`migrate-${name}`)).toBe(imageOf(name));
  });

  test.for(pods)('$kind $name runs without rights, within bounds, and writes to its volumes alone', (pod) => {
    expect(pod.spec).toMatchObject({
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    });
    expect(pod.container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(pod.container.resources).toMatchObject({
      requests: { cpu: expect.any(String), memory: expect.any(String) },
      limits: { memory: expect.any(String) },
    });
  });

  test('a replica is asked whether it is ready, is started anew when stuck, and may finish its work', () => {
    const settings = [...all(ConfigMap)].find(([name]) => name.startsWith('settings-'));
    const drainMs = Number(settings?.[1].data?.['DRAIN_MS']);
    expect(drainMs).toBeGreaterThan(0);
    for (const { spec, container } of pods.filter(({ kind }) => kind === 'Deployment')) {
      expect(container).toMatchObject({
        readinessProbe: { httpGet: { path: '/readyz', port: 'http' } },
        livenessProbe: { httpGet: { path: '/healthz', port: 'http' } },
        startupProbe: { httpGet: { path: '/healthz', port: 'http' } },
      });
      expect(Number(spec.terminationGracePeriodSeconds) * 1_000).toBeGreaterThan(drainMs + CLOSE_TIMEOUT_MS);
    }
  });

  test('services reach whom they call and nobody else, by the policies of both', () => {
    const reached = (peers: readonly { podSelector?: { matchLabels?: object } }[] = []) =>
      peers
        .flatMap(({ podSelector }) => podsOf(podSelector?.matchLabels))
        .filter((name) => SERVICES.includes(name));
    const own = policies.filter(({ name }) => SERVICES.includes(name));
    const leaving = own.flatMap(({ name, egress = [] }) =>
      egress.flatMap(({ to }) => reached(to)).map((callee) => `${name} ${callee}`),
    );
    const arriving = own.flatMap(({ name, ingress = [] }) =>
      ingress.flatMap(({ from }) => reached(from)).map((caller) => `${caller} ${name}`),
    );
    expect(new Set(leaving)).toEqual(new Set(CALLS));
    expect(new Set(arriving)).toEqual(new Set(CALLS));
  });

  test('what no policy names is closed, in both directions', () => {
    expect(policies).toContainEqual({ name: 'nothing', podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
    const rules = policies.flatMap(({ egress = [], ingress = [] }) => [...egress, ...ingress]);
    for (const rule of rules) expect(rule.ports).not.toHaveLength(0);
    for (const { to, from } of rules as { to?: unknown[]; from?: unknown[] }[])
      expect(to ?? from).not.toHaveLength(0);
    expect(JSON.stringify(rules)).not.toMatch(/"(0\.0\.0\.0|::)\/0"/);
  });

  test('the first path segment leads to the service of its name, and nothing leads to health or metrics', () => {
    const [route] = all(HTTPRoute).values();
    for (const { name } of route?.spec?.parentRefs ?? []) expect([...all(Gateway).keys()]).toContain(name);
    const ways = (route?.spec?.rules ?? []).flatMap(({ matches = [], backendRefs = [] }) =>
      matches.map(({ path }) => [path?.value, backendRefs.map(({ name, port }) => `${name}:${port}`).join()]),
    );
    expect(Object.fromEntries(ways)).toEqual({
      '/.well-known': 'auth:8080',
      '/auth': 'auth:8080',
      '/auth/status-lists/events': 'auth:8080',
      '/image': 'image:8080',
      '/profile': 'profile:8080',
      '/data': 'data:8080',
    });
    for (const name of SERVICES) expect(all(Service).get(name)?.spec?.ports).toMatchObject([{ port: 8080 }]);
  });
});
