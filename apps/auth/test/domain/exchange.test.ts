import { env } from 'node:process';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { AccessTokenClaims } from '../../src/domain/access-token.ts';
import { accessTokenClaims } from '../../src/domain/access-token.ts';
import type { Client } from '../../src/domain/clients.ts';
import { exchangeRight } from '../../src/domain/exchange.ts';
import { narrow } from '../../src/domain/narrowing.ts';
import { createResourceRegistry } from '../../src/domain/resources.ts';
import { actorsOf, audiencesOf, type InspectedClaims } from '../../src/domain/token-inspection.ts';

const RESOURCES = ['urn:a', 'urn:b', 'urn:c', 'urn:d'];
const SCOPES = RESOURCES.flatMap((resource) =>
  ['read', 'write'].map((verb) => `${resource.slice(-1)}:${verb}`),
);
const registry = createResourceRegistry(
  RESOURCES.map((identifier) => ({
    identifier,
    scopes: SCOPES.filter((scope) => scope.startsWith(identifier.slice(-1))),
  })),
);
const NOW = new Date('2026-01-01T00:00:00Z');

const client: Client = {
  id: 'service',
  kind: 'confidential',
  grants: [],
  scopes: [],
  resources: [],
  ownResources: ['urn:a'],
  exchange: [],
  signingAlgorithm: 'ES256',
  jwks: null,
  jwksUri: null,
  declared: true,
  createdAt: NOW,
  disabledAt: null,
};

const policies = fc.uniqueArray(
  fc.record({ resource: fc.constantFrom(...RESOURCES), scopes: fc.subarray(SCOPES) }),
  { selector: (target) => target.resource, minLength: 1 },
);
/** Mostly the one, now and then the other. */
const mostly = <Usual, Odd>(usual: fc.Arbitrary<Usual>, odd: fc.Arbitrary<Odd>) =>
  fc.oneof<fc.WeightedArbitrary<Usual | Odd>[]>(
    { weight: 5, arbitrary: usual },
    { weight: 1, arbitrary: odd },
  );

const someResources = fc.subarray(RESOURCES, { minLength: 1 });
const parents = fc.record({
  scopes: fc.subarray(SCOPES, { minLength: 1 }),
  audience: mostly(
    someResources.map((more) => [...new Set(['urn:a', ...more])]),
    someResources,
  ),
  lifeSeconds: fc.integer({ min: 1, max: 900 }),
  actors: fc.array(fc.constantFrom('one', 'two', 'three'), { maxLength: 6 }),
  mayAct: mostly(
    fc.constant(undefined),
    fc.constantFrom<unknown>({ sub: 'service' }, { sub: 'other' }, 'service', [], { sub: 'service', x: 1 }),
  ),
});
const requests = fc.record({
  target: mostly(fc.constantFrom(...RESOURCES), fc.constant('urn:unknown')),
  scope: mostly(
    fc.constant(undefined),
    fc.subarray([...SCOPES, 'unknown'], { maxLength: 3 }).map((scopes) => scopes.join(' ')),
  ),
  ageSeconds: fc.integer({ min: 0, max: 900 }),
});

test('an exchanged token is never wider nor longer than its parent, whatever the policy (security 102–104, 106)', () => {
  let given = 0;
  const property = fc.property(policies, parents, requests, (exchange, parent, request) => {
    const subject = subjectOf(parent);
    const right = exchangeRight({ ...client, exchange }, subject, request.target);
    if (!right.ok) return;
    const grant = narrow(right.ceiling, { scope: request.scope, resources: [request.target] }, registry);
    if (!grant.ok) return;
    given += 1;
    const at = new Date(NOW.getTime() + request.ageSeconds * 1_000);
    const child = accessTokenClaims(
      {
        ...grant,
        subject: subject.sub,
        clientId: client.id,
        actor: right.actor,
        parentTokenId: subject.jti,
        notAfter: subject.exp,
      },
      subject.iss,
      900,
      at,
    );
    holds(child, subject, exchange, request.target);
  });
  const seed = Number(env['ROOMKEY_SEED'] ?? Date.now() % 2 ** 31);
  fc.assert(property, { numRuns: 20_000, seed, verbose: true });
  // Not vacuous: many of them were given.
  expect(given, `ROOMKEY_SEED=${seed}`).toBeGreaterThan(1_000);
});

function holds(
  child: AccessTokenClaims,
  subject: InspectedClaims,
  policy: Client['exchange'],
  target: string,
): void {
  const allowed = policy.find(({ resource }) => resource === target)?.scopes ?? [];
  expect(child.aud).toBe(target);
  for (const scope of child.scope.split(' ')) {
    expect(subject.scope.split(' ')).toContain(scope);
    expect(allowed).toContain(scope);
  }
  expect(child.exp).toBeLessThanOrEqual(subject.exp);
  expect(child.sub).toBe(subject.sub);
  expect(actorsOf(child)).toEqual(['service', ...actorsOf(subject)]);
  expect(actorsOf(child).length).toBeLessThanOrEqual(4);
  expect(audiencesOf(subject)).toContain('urn:a');
  expect([undefined, JSON.stringify({ sub: 'service' })]).toContain(
    subject.may_act === undefined ? undefined : JSON.stringify(subject.may_act),
  );
  expect(child.jti.startsWith(`${subject.jti}.`)).toBe(true);
}

function subjectOf(parent: {
  scopes: readonly string[];
  audience: readonly string[];
  lifeSeconds: number;
  actors: readonly string[];
  mayAct: unknown;
}): InspectedClaims {
  const actor = parent.actors.reduceRight<AccessTokenClaims['act']>(
    (act, sub) => (act === undefined ? { sub } : { sub, act }),
    undefined,
  );
  return {
    ...accessTokenClaims(
      { subject: 'somebody', clientId: 'app', scopes: parent.scopes, resources: parent.audience, actor },
      'https://desk.test',
      parent.lifeSeconds,
      NOW,
    ),
    ...(parent.mayAct !== undefined && { may_act: parent.mayAct }),
  };
}
