import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { env } from 'node:process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { renderKustomization } from './kustomize.ts';
import { nameOf, parseDocuments, type Manifest } from './manifest.ts';

const pathOf = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const FIXTURE = pathOf('fixture/overlay');
const FOLDERS = [
  FIXTURE,
  pathOf('../kubernetes/overlays/laptop'),
  pathOf('../kubernetes/overlays/production'),
];

const byName = (manifests: readonly Manifest[]) =>
  Object.fromEntries(manifests.map((manifest) => [nameOf(manifest), manifest]));
const parse = (text: string) => byName(parseDocuments(text) as unknown as Manifest[]);

test('the renderer makes of the fixture what kustomize made of it', () => {
  const expected = parse(readFileSync(pathOf('fixture/expected.yaml'), 'utf8'));
  expect(byName(renderKustomization(FIXTURE))).toEqual(expected);
});

test('where kubectl is installed, it agrees with the renderer on every overlay', () => {
  const isInstalled = (env['PATH'] ?? '')
    .split(delimiter)
    .some((folder) => existsSync(join(folder, 'kubectl')));
  for (const folder of isInstalled ? FOLDERS : []) {
    const rendered = execFileSync('kubectl', ['kustomize', folder], { encoding: 'utf8' });
    expect(byName(renderKustomization(folder))).toEqual(parse(rendered));
  }
});

test.for([
  ['a field', 'components: [../x]', /components is not known here/],
  [
    'a field of a generator',
    'configMapGenerator: [{ name: x, envs: [a] }]',
    /configMapGenerator.envs is not known here/,
  ],
  ['a patch that meets nothing', 'patches: [{ patch: "{}", target: { kind: Job } }]', /meets nothing/],
  [
    'a merge into what is not there',
    'configMapGenerator: [{ name: x, behavior: merge }]',
    /x cannot be merged/,
  ],
])('the renderer refuses %s that it does not know', ([, line, fault]) => {
  const folder = mkdtempSync(join(tmpdir(), 'roomkey-kustomization-'));
  const head = 'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n';
  writeFileSync(join(folder, 'kustomization.yaml'), `${head}${String(line)}\n`);
  expect(() => renderKustomization(folder)).toThrow(fault);
});
