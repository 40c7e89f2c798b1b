import { readFileSync } from 'node:fs';
import { ConfigMap } from 'kubernetes-models/v1/ConfigMap';
import { parse } from 'yaml';
import { readOverlay, type Pod } from './overlay.ts';

/** A service as one of the ways to run the system starts it. */
export interface Container {
  /** The file that says so. */
  readonly where: string;
  readonly app: string;
  readonly env: Readonly<Record<string, string>>;
  /** Folders, or files, that hold its secrets. */
  readonly secrets: readonly string[];
  /** How long it may take to leave. */
  readonly graceSeconds: number;
}

export function containersOfOverlay(name: Parameters<typeof readOverlay>[0]): Container[] {
  const { pods, all } = readOverlay(name);
  const maps = all(ConfigMap);
  return pods
    .filter(({ kind }) => kind === 'Deployment')
    .map((pod) => ({
      where: `kubernetes/overlays/${name}`,
      app: pod.name,
      env: environmentOf(pod, (map) => maps.get(map)?.data ?? {}),
      secrets: secretFiles(pod),
      graceSeconds: pod.spec.terminationGracePeriodSeconds ?? 0,
    }));
}

/** As the kubelet makes it: whole ConfigMaps first, then variable after variable, each with those before it in `$(…)`. */
function environmentOf({ container }: Pod, dataOf: (map: string) => Record<string, string>) {
  const env: Record<string, string> = {};
  for (const { configMapRef } of container.envFrom ?? [])
    Object.assign(env, dataOf(configMapRef?.name ?? ''));
  const own = new Map<string, string>();
  for (const { name, value, valueFrom: { configMapKeyRef: one } = {} } of container.env ?? []) {
    const text = one ? (dataOf(one.name ?? '')[one.key] ?? '') : (value ?? '');
    own.set(
      name,
      text.replaceAll(/\$\((\w+)\)/g, (whole, key: string) => own.get(key) ?? whole),
    );
  }
  return { ...env, ...Object.fromEntries(own) };
}

function secretFiles({ spec, container }: Pod): string[] {
  return (spec.volumes ?? []).flatMap(({ name, secret }) => {
    const folder = container.volumeMounts?.find((mount) => mount.name === name)?.mountPath;
    return (secret?.items ?? []).map(({ path }) => `${folder}/${path}`);
  });
}

interface ComposeService {
  readonly image: string;
  readonly command?: unknown;
  readonly environment?: Readonly<Record<string, string | number | boolean | null>>;
  readonly volumes?: readonly unknown[];
  readonly secrets?: readonly { readonly target: string }[];
  readonly stop_grace_period?: string;
}

/** @param file a compose file or a stack file, relative to the root of the repository */
export function containersOfCompose(file: string): Container[] {
  const text = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
  const { services } = parse(text, { merge: true, maxAliasCount: -1 }) as {
    services: Record<string, ComposeService>;
  };
  return Object.entries(services)
    .filter(([, { image, command }]) => /^roomkey\/\w+/.test(interpolate(image)) && command === undefined)
    .map(([app, { environment = {}, volumes = [], secrets = [], stop_grace_period: grace = '10s' }]) => ({
      where: file,
      app,
      env: Object.fromEntries(
        Object.entries(environment)
          // Without a value it is handed on from outside, where nothing is set.
          .filter(([, value]) => value !== null)
          .map(([name, value]) => [name, interpolate(String(value))]),
      ),
      secrets: [
        ...volumes
          .map((volume) => String(volume).split(':')[1] ?? '')
          .filter((path) => path.startsWith('/run/')),
        ...secrets.map(({ target }) => target),
      ],
      graceSeconds: Number(grace.replace(/s$/, '')),
    }));
}

/** Compose's `${NAME:-default}` where nothing is set, from the inside out; what must be set is. */
function interpolate(text: string): string {
  const inner = /\$\{(\w+)(?::?[-?]([^${}]*))?\}/;
  const match = inner.exec(text);
  if (match === null) return text.replaceAll('$$', '$');
  const [whole, , fallback = 'https://api.example.com'] = match;
  return interpolate(text.replace(whole, fallback));
}
