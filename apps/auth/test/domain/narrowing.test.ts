import { env } from 'node:process';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { narrow } from '../../src/domain/narrowing.ts';
import { createResourceRegistry } from '../../src/domain/resources.ts';

const registry = createResourceRegistry([
  { identifier: 'urn:image', scopes: ['image:read', 'image:write'] },
  { identifier: 'urn:data', scopes: ['data:read', 'data:write'] },
]);
const ALL = { scopes: registry.scopes, resources: registry.identifiers };

test('who names nothing gets all there is; who names a service gets its scopes', () => {
  expect(narrow(ALL, {}, registry)).toEqual({ ok: true, ...ALL });
  expect(narrow(ALL, { resources: ['urn:data'] }, registry)).toEqual({
    ok: true,
    resources: ['urn:data'],
    scopes: ['data:read', 'data:write'],
  });
});

test('a scope that is named stays in a token for another service, as the bound of an exchange', () => {
  const asked = { resources: ['urn:data'], scope: 'image:read data:read' };
  expect(narrow(ALL, asked, registry)).toMatchObject({ ok: true, scopes: ['image:read', 'data:read'] });
});

test.each([
  [{ scope: '' }, 'invalid_scope'],
  [{ scope: 'image:read admin' }, 'invalid_scope'],
  [{ resources: [] }, 'invalid_target'],
  [{ resources: ['urn:data', 'urn:elsewhere'] }, 'invalid_target'],
])('%j is refused with %s (security 68, 69)', (asked, error) => {
  expect(narrow(ALL, asked, registry)).toMatchObject({ ok: false, error });
});

test('whatever is asked for, nothing grows and nothing asked for is silently left out (security 79)', () => {
  const scopes = fc.subarray([...registry.scopes, 'admin', 'unknown']);
  const resources = fc.subarray([...registry.identifiers, 'urn:elsewhere']);
  const asked = fc.record({
    scope: fc.option(
      scopes.map((names) => names.join(' ')),
      { nil: undefined },
    ),
    resources: fc.option(resources, { nil: undefined }),
  });
  const ceiling = fc.record({
    scopes: fc.subarray([...ALL.scopes]),
    resources: fc.subarray([...ALL.resources]),
  });
  const seed = Number(env['ROOMKEY_SEED'] ?? Date.now() % 2 ** 31);
  const property = fc.property(ceiling, asked, (most, wish) => {
    const got = narrow(most, wish, registry);
    if (!got.ok) return true;
    const isWithin = got.scopes.every((scope) => most.scopes.includes(scope));
    const isFor = got.resources.every((resource) => most.resources.includes(resource));
    const isWhole =
      (wish.scope === undefined || wish.scope === got.scopes.join(' ')) &&
      (wish.resources === undefined || wish.resources.length === got.resources.length);
    return isWithin && isFor && isWhole && got.scopes.length > 0 && got.resources.length > 0;
  });
  expect(fc.check(property, { numRuns: 5_000, seed })).toMatchObject({ failed: false });
});
