import { fileURLToPath } from 'node:url';
import { Deployment, type IDeployment } from 'kubernetes-models/apps/v1/Deployment';
import { StatefulSet, type IStatefulSet } from 'kubernetes-models/apps/v1/StatefulSet';
import { Job, type IJob } from 'kubernetes-models/batch/v1/Job';
import { ConfigMap } from 'kubernetes-models/v1/ConfigMap';
import type { IContainer } from 'kubernetes-models/v1/Container';
import { PersistentVolumeClaim } from 'kubernetes-models/v1/PersistentVolumeClaim';
import type { IPodSpec } from 'kubernetes-models/v1/PodSpec';
import { renderKustomization } from './kustomize.ts';
import type { Manifest } from './manifest.ts';

export const OVERLAYS = ['laptop', 'production'] as const;

/** What a workload runs: pods of one container. */
export interface Pod {
  readonly kind: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly spec: IPodSpec;
  readonly container: IContainer;
}

export interface Overlay {
  readonly name: string;
  readonly manifests: readonly Manifest[];
  readonly pods: readonly Pod[];
  /** Objects of a kind, by name. */
  readonly all: <Kind extends Named>(model: Model<Kind>) => Map<string, Kind>;
}

interface Named {
  metadata?: { name?: string };
}

interface Model<Kind> {
  readonly is: (this: void, value: unknown) => value is Kind;
}

export function readOverlay(name: (typeof OVERLAYS)[number]): Overlay {
  const manifests = renderKustomization(
    fileURLToPath(new URL(`../kubernetes/overlays/${name}`, import.meta.url)),
  );
  const all = <Kind extends Named>({ is }: Model<Kind>): Map<string, Kind> =>
    new Map((manifests as unknown[]).filter(is).map((one) => [one.metadata?.name ?? '', one]));
  const workloads = [...all(Deployment).values(), ...all(Job).values(), ...all(StatefulSet).values()];
  return { name, manifests, pods: workloads.map(podOf), all };
}

function podOf({ kind, metadata, spec }: IDeployment | IJob | IStatefulSet): Pod {
  const { metadata: { labels = {} } = {}, spec: pod } = spec?.template ?? {};
  const [container] = pod?.containers ?? [];
  if (pod === undefined || container === undefined || pod.containers.length > 1)
    throw new Error(`${metadata?.name} has not one container`);
  return { kind, name: metadata?.name ?? '', labels, spec: pod, container };
}

/** Whether pods with these labels are meant. */
export function isSelected(labels: Readonly<Record<string, string>>, selector: object | undefined): boolean {
  if (selector === undefined) return false;
  return Object.entries(selector).every(([key, value]) => labels[key] === value);
}

/** What pods ask for that the overlay does not have. */
export function missingIn({ all, pods }: Overlay): string[] {
  const there = new Set<string | undefined>(all(PersistentVolumeClaim).keys());
  for (const [name, { data = {} }] of all(ConfigMap))
    for (const entry of [name, ...Object.keys(data).map((key) => `${name} ${key}`)]) there.add(entry);
  const asked = pods.flatMap(({ spec: { volumes = [] }, container: { env = [], envFrom = [] } }) => [
    ...volumes.map(({ configMap, persistentVolumeClaim: claim }) => configMap?.name ?? claim?.claimName),
    ...envFrom.map(({ configMapRef }) => configMapRef?.name),
    ...env.map(({ valueFrom: { configMapKeyRef: one } = {} }) => one && `${one.name} ${one.key}`),
  ]);
  return asked.filter((entry) => entry !== undefined && !there.has(entry)).map(String);
}

/** The secrets that must be there beforehand, and their keys. */
export function secretsOf({ pods }: Overlay): Record<string, string[]> {
  const secrets: Record<string, Set<string>> = {};
  for (const { secret } of pods.flatMap(({ spec }) => spec.volumes ?? []))
    for (const { key } of secret?.items ?? []) (secrets[secret?.secretName ?? ''] ??= new Set()).add(key);
  return Object.fromEntries(
    Object.entries(secrets).map(([name, keys]) => [name, [...keys].sort((a, b) => a.localeCompare(b))]),
  );
}
