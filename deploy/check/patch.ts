import { isFields, type Fields } from './manifest.ts';

/** Lists of a pod whose items are merged by a field of theirs; any other list is replaced as a whole. */
const MERGE_KEYS: Readonly<Record<string, string>> = {
  containers: 'name',
  volumes: 'name',
  env: 'name',
  ports: 'containerPort',
  volumeMounts: 'mountPath',
  topologySpreadConstraints: 'topologyKey',
};

/** A strategic merge patch of a workload; what it says of a list comes before the rest. */
export function mergeStrategically(target: Fields, patch: Fields): Fields {
  const merged = { ...target };
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith('$') || value === null)
      throw new Error(`${key}: only what adds or replaces is known here`);
    const before = target[key];
    if (isFields(value)) merged[key] = mergeStrategically(isFields(before) ? before : {}, value);
    else if (Array.isArray(value) && Array.isArray(before) && key in MERGE_KEYS)
      merged[key] = mergeItems(before as Fields[], value as Fields[], MERGE_KEYS[key] ?? '');
    else merged[key] = value;
  }
  return merged;
}

function mergeItems(before: readonly Fields[], patch: readonly Fields[], by: string): Fields[] {
  const find = (items: readonly Fields[], name: unknown) => items.find((one) => one[by] === name);
  return [
    ...patch.map((item) => mergeStrategically(find(before, item[by]) ?? {}, item)),
    ...before.filter((item) => find(patch, item[by]) === undefined),
  ];
}

export interface Operation {
  readonly op: string;
  readonly path: string;
  readonly value?: unknown;
}

/** A JSON patch (RFC 6902) of operations that add. */
export function addByPointer(target: Fields, operations: readonly Operation[]): Fields {
  const changed = structuredClone(target);
  for (const { op, path, value } of operations) {
    if (op !== 'add') throw new Error(`${op}: only "add" is known here`);
    const steps = path
      .split('/')
      .slice(1)
      .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
    const last = steps.pop() ?? '';
    let place: unknown = changed;
    for (const step of steps) place = (place as Fields)[step];
    if (Array.isArray(place) && last === '-') place.push(value);
    else if (isFields(place)) place[last] = value;
    else throw new Error(`${path} is no place to add to`);
  }
  return changed;
}
