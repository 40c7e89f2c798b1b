/**
 * Renders a kustomization where there is no kustomize: the part of its language that deploy/kubernetes uses, and a refusal of
 * everything else. kustomize.test.ts holds it to what kustomize itself made of the fixture, and to kubectl where it is installed.
 */
import { readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { hashedName, renameReferences } from './config-map-name.ts';
import { nameOf, parseDocuments, type Fields, type Manifest } from './manifest.ts';
import { addByPointer, mergeStrategically, type Operation } from './patch.ts';

interface Patch {
  readonly path?: string;
  readonly patch?: string;
  readonly target?: { readonly kind: string; readonly name?: string; readonly labelSelector?: string };
}

interface Generator {
  readonly name: string;
  readonly behavior?: string;
  readonly literals?: readonly string[];
  readonly files?: readonly string[];
}

interface Kustomization {
  readonly namespace?: string;
  readonly resources?: readonly string[];
  readonly configMapGenerator?: readonly Generator[];
  readonly patches?: readonly Patch[];
  readonly labels?: readonly { pairs: Readonly<Record<string, string>>; includeTemplates?: boolean }[];
  readonly images?: readonly { name: string; newName?: string; newTag?: string }[];
}

interface Resource {
  readonly manifest: Manifest;
  readonly isGenerated: boolean;
}

/** Fields and all that may stand in them; what is not here is refused. */
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  namespace: [],
  resources: [],
  configMapGenerator: ['name', 'behavior', 'literals', 'files'],
  patches: ['path', 'patch', 'target'],
  labels: ['pairs', 'includeTemplates'],
  images: ['name', 'newName', 'newTag'],
};
const MERGED_KINDS = new Set(['Deployment', 'StatefulSet', 'Job', 'HorizontalPodAutoscaler']);

/** The objects that `kubectl kustomize` gives for a folder, in no order to rely on. @throws on what it does not know */
export function renderKustomization(folder: string): Manifest[] {
  const resources = accumulate(folder);
  const generated = resources.filter(({ isGenerated }) => isGenerated).map(({ manifest }) => manifest);
  const names = new Map(generated.map((manifest) => [manifest.metadata.name, hashedName(manifest)]));
  return resources.map(({ manifest, isGenerated }) => {
    const { name } = manifest.metadata;
    const renamed = renameReferences(manifest, names) as Manifest;
    if (!isGenerated) return renamed;
    return { ...renamed, metadata: { ...renamed.metadata, name: names.get(name) ?? name } };
  });
}

function accumulate(folder: string): Resource[] {
  const kustomization = readKustomization(folder);
  let resources = (kustomization.resources ?? []).flatMap((path) => readResource(join(folder, path)));
  for (const generator of kustomization.configMapGenerator ?? [])
    resources = generate(resources, generator, folder);
  const known = new Set(resources.map(({ manifest }) => nameOf(manifest)));
  if (known.size < resources.length) throw new Error(`${folder}: two objects of one name`);
  for (const patch of kustomization.patches ?? []) resources = applyPatch(resources, patch, folder);
  return resources.map(({ manifest, isGenerated }) => ({
    manifest: transform(manifest, kustomization),
    isGenerated,
  }));
}

function readKustomization(folder: string): Kustomization {
  const [content = {}] = parseDocuments(readFileSync(join(folder, 'kustomization.yaml'), 'utf8'));
  const { apiVersion, kind, ...fields } = content;
  if (apiVersion !== 'kustomize.config.k8s.io/v1beta1' || kind !== 'Kustomization')
    throw new Error(`${folder}: no kustomization`);
  for (const [field, value] of Object.entries(fields)) {
    const allowed = KNOWN[field];
    if (allowed === undefined) throw new Error(`${folder}: ${field} is not known here`);
    for (const item of allowed.length > 0 ? (value as Fields[]) : [])
      for (const key of Object.keys(item))
        if (!allowed.includes(key)) throw new Error(`${folder}: ${field}.${key} is not known here`);
  }
  return fields;
}

function readResource(path: string): Resource[] {
  if (statSync(path).isDirectory()) return accumulate(path);
  return parseDocuments(readFileSync(path, 'utf8')).map((document) => ({
    manifest: document as unknown as Manifest,
    isGenerated: false,
  }));
}

function generate(
  resources: readonly Resource[],
  { name, behavior = 'create', literals = [], files = [] }: Generator,
  folder: string,
): Resource[] {
  const data: Record<string, string> = {};
  for (const literal of literals) {
    const end = literal.indexOf('=');
    data[literal.slice(0, end)] = literal.slice(end + 1);
  }
  for (const file of files) data[basename(file)] = readFileSync(join(folder, file), 'utf8');
  if (behavior === 'create') {
    const manifest = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data };
    return [...resources, { manifest, isGenerated: true }];
  }
  const isMeant = ({ manifest, isGenerated }: Resource): boolean =>
    isGenerated && manifest.metadata.name === name;
  if (behavior !== 'merge' || !resources.some(isMeant))
    throw new Error(`${folder}: ${name} cannot be merged`);
  return resources.map((one) =>
    isMeant(one)
      ? { ...one, manifest: { ...one.manifest, data: { ...(one.manifest['data'] as Fields), ...data } } }
      : one,
  );
}

function applyPatch(
  resources: readonly Resource[],
  { path, patch, target }: Patch,
  folder: string,
): Resource[] {
  const text = patch ?? readFileSync(join(folder, path ?? ''), 'utf8');
  const [content = {}] = parseDocuments(text);
  const own = content as unknown as Manifest;
  const { kind, name, labelSelector } = target ?? { kind: own.kind, name: own.metadata.name };
  const [label, labelValue] = labelSelector?.split('=') ?? [];
  const isMeant = ({ manifest: { kind: itsKind, metadata } }: Resource): boolean =>
    itsKind === kind &&
    (name === undefined || metadata.name === name) &&
    (label === undefined || metadata.labels?.[label] === labelValue);
  if (!resources.some(isMeant)) throw new Error(`${folder}: a patch of ${kind} ${name ?? ''} meets nothing`);
  return resources.map((one) => (isMeant(one) ? { ...one, manifest: patched(one.manifest, content) } : one));
}

function patched(manifest: Manifest, patch: Fields | Operation[]): Manifest {
  if (Array.isArray(patch)) return addByPointer(manifest, patch) as unknown as Manifest;
  if (!MERGED_KINDS.has(manifest.kind)) throw new Error(`no merge patch of ${manifest.kind} is known here`);
  const { metadata: _, ...rest } = patch;
  return mergeStrategically(manifest, rest) as unknown as Manifest;
}

function transform(manifest: Manifest, { namespace, labels = [], images = [] }: Kustomization): Manifest {
  const changed = structuredClone(manifest) as unknown as Fields & { metadata: Fields };
  const place = manifest.kind === 'Namespace' ? 'name' : 'namespace';
  if (namespace !== undefined) changed.metadata[place] = namespace;
  const template = (changed['spec'] as { template?: { metadata?: Fields; spec: Fields } } | undefined)
    ?.template;
  for (const { pairs, includeTemplates } of labels) {
    const labelled = includeTemplates && template !== undefined ? [changed, template] : [changed];
    for (const one of labelled)
      one.metadata = { ...one.metadata, labels: { ...(one.metadata?.['labels'] as Fields), ...pairs } };
  }
  for (const container of (template?.spec['containers'] ?? []) as { image: string }[]) {
    const image = images.find(({ name }) => name === container.image);
    if (image) container.image = `${image.newName ?? image.name}:${image.newTag ?? 'latest'}`;
  }
  return changed as unknown as Manifest;
}
