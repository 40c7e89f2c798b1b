import { Gateway } from '@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1/Gateway';
import { HTTPRoute } from '@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1/HTTPRoute';
import { Deployment } from 'kubernetes-models/apps/v1/Deployment';
import { StatefulSet } from 'kubernetes-models/apps/v1/StatefulSet';
import { HorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2/HorizontalPodAutoscaler';
import { Job } from 'kubernetes-models/batch/v1/Job';
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget';
import { ConfigMap } from 'kubernetes-models/v1/ConfigMap';
import { Namespace } from 'kubernetes-models/v1/Namespace';
import { PersistentVolumeClaim } from 'kubernetes-models/v1/PersistentVolumeClaim';
import { Service } from 'kubernetes-models/v1/Service';
import type { Manifest } from './manifest.ts';

/** Kinds that may be used, each with the schema of its API. */
const MODELS = [
  ConfigMap,
  Deployment,
  Gateway,
  HorizontalPodAutoscaler,
  HTTPRoute,
  Job,
  Namespace,
  NetworkPolicy,
  PersistentVolumeClaim,
  PodDisruptionBudget,
  Service,
  StatefulSet,
];

/**
 * What is wrong with a manifest by the schema of its kind: types, required fields, enumerations, and any field that the
 * schema does not have. The schemas let unknown fields pass; but they come as compiled functions, which look at each field
 * that they know, so a field that nobody looked at is unknown.
 */
export function faultsOf(manifest: Manifest): string[] {
  const model = MODELS.find((one) => one.apiVersion === manifest.apiVersion && one.kind === manifest.kind);
  if (model === undefined) return [`${manifest.apiVersion} ${manifest.kind} is no kind that is known here`];
  const looked = new Set<string>();
  try {
    model.prototype.validate.call(watch(manifest, '', looked));
  } catch (error) {
    return [(error as Error).message];
  }
  return fieldsIn(manifest, '')
    .filter((path) => !looked.has(path))
    .map((path) => `${path} is no field of ${manifest.kind}`);
}

/** The same value; notes the path of each own field that is read. */
function watch<Value>(value: Value, path: string, looked: Set<string>): Value {
  if (typeof value !== 'object' || value === null) return value;
  return new Proxy(value, {
    get(target, key) {
      const inner: unknown = Reflect.get(target, key);
      if (typeof key !== 'string' || !Object.hasOwn(target, key)) return inner;
      looked.add(`${path}/${key}`);
      return watch(inner, `${path}/${key}`, looked);
    },
  });
}

function fieldsIn(value: unknown, path: string): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [
    `${path}/${key}`,
    ...fieldsIn(inner, `${path}/${key}`),
  ]);
}
