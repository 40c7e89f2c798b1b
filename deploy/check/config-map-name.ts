import { createHash } from 'node:crypto';
import { isFields, type Fields, type Manifest } from './manifest.ts';

/** Kustomize's spelling of a digest: what could look like a number or a word is written otherwise. */
const SPELLING: Readonly<Record<string, string>> = { 0: 'g', 1: 'h', 3: 'k', a: 'm', e: 't' };

/** Go writes these as escapes into JSON. */
const escapeForGo = (json: string): string =>
  json.replaceAll(/[<>&\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);

/**
 * The name a generated ConfigMap gets: its own and a digest of what it holds, so that pods that read it are replaced when
 * it changes. As `api/internal/hasher` of kustomize makes it.
 */
export function hashedName({ metadata, data }: Manifest): string {
  const sorted = Object.fromEntries(Object.entries(data as Fields).sort(([a], [b]) => (a < b ? -1 : 1)));
  const digest = createHash('sha256')
    .update(escapeForGo(JSON.stringify({ data: sorted, kind: 'ConfigMap', name: '' })))
    .digest('hex');
  return `${metadata.name}-${digest.slice(0, 10).replaceAll(/[013ae]/g, (char) => SPELLING[char] ?? char)}`;
}

/** Writes the new names where pods refer to ConfigMaps. */
export function renameReferences(value: unknown, names: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(value)) return value.map((item) => renameReferences(item, names));
  if (!isFields(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      const refers = ['configMap', 'configMapRef', 'configMapKeyRef'].includes(key) && isFields(inner);
      const name = refers ? names.get(String(inner['name'])) : undefined;
      return [key, name === undefined ? renameReferences(inner, names) : { ...(inner as Fields), name }];
    }),
  );
}
