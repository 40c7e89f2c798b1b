import { isFields, type Manifest } from './manifest.ts';

export interface Mutation {
  readonly where: string;
  readonly broken: Manifest;
}

/** Maps whose keys are the writer's own: any key will do there. */
const FREE_KEYS = new Set(['annotations', 'data', 'labels', 'limits', 'matchLabels', 'requests', 'selector']);

/** The manifest with one thing wrong in it, for each thing that can be: each field misspelt, and each value of another type. */
export function mutationsOf(manifest: Manifest): Mutation[] {
  return [...changesOf(manifest, '', false)].map(({ where, broken }) => ({
    where,
    broken: broken as Manifest,
  }));
}

function* changesOf(
  value: unknown,
  where: string,
  isFree: boolean,
): Generator<{ where: string; broken: unknown }> {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries())
      for (const change of changesOf(item, `${where}/${index}`, false))
        yield { ...change, broken: value.with(index, change.broken) };
  } else if (isFields(value)) {
    for (const [key, inner] of Object.entries(value)) {
      const { [key]: _, ...rest } = value;
      if (!isFree) yield { where: `${where}/${key} misspelt`, broken: { ...rest, [`${key}x`]: inner } };
      // A Service's selector is a map of labels; others' have fields.
      const isMap = FREE_KEYS.has(key) && !(key === 'selector' && hasFields(inner));
      for (const change of changesOf(inner, `${where}/${key}`, isMap))
        yield { ...change, broken: { ...value, [key]: change.broken } };
    }
  } else {
    yield { where: `${where} of another type`, broken: [{}] };
  }
}

const hasFields = (selector: unknown): boolean =>
  isFields(selector) && Object.values(selector).some((value) => typeof value !== 'string');
