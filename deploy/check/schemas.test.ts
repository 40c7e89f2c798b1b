import { stdout } from 'node:process';
import { expect, test } from 'vitest';
import { nameOf, type Manifest } from './manifest.ts';
import { mutationsOf } from './mutations.ts';
import { OVERLAYS, readOverlay } from './overlay.ts';
import { faultsOf } from './schemas.ts';

const manifests = OVERLAYS.flatMap((name) => readOverlay(name).manifests);

test('every field of every object is one that the schema of its kind knows, and fits it', () => {
  const faults = manifests.flatMap((one) => faultsOf(one).map((fault) => `${nameOf(one)}: ${fault}`));
  expect(faults).toEqual([]);
});

const byKind = Object.entries(Object.groupBy(manifests, ({ kind }) => kind)) as [string, Manifest[]][];

test.for(byKind)('any broken field of a %s fails the check', ([kind, ofKind]) => {
  const mutations = ofKind.flatMap((manifest) => mutationsOf(manifest));
  const unnoticed = mutations.filter(({ broken }) => faultsOf(broken).length === 0);
  stdout.write(
    `${kind}: ${mutations.length} ways to break ${ofKind.length}, ${unnoticed.length} unnoticed\n`,
  );
  expect(mutations.length).toBeGreaterThan(0);
  expect(unnoticed.map(({ where }) => where)).toEqual([]);
});

test('a kind without a schema fails the check', () => {
  expect(faultsOf({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'x' } })).not.toEqual([]);
});
