import { faultsOf, Type, type Static, type TSchema } from '@roomkey/schema';
import { loadSettings, SettingsError } from '@roomkey/service';
import { ClientSchema, definitionFaults, definitionOf } from './domain/client-definition.ts';
import { FIRST_PARTY_CLIENT, REFRESH_TOKEN, SIGN_IN, type ClientDefinition } from './domain/clients.ts';
import { createResourceRegistry, type ResourceRegistry } from './domain/resources.ts';
import { ADMIN_SCOPE, EVENTS_SCOPE, GUEST, type Roles } from './domain/roles.ts';

/** Who may have what: the settings that are JSON. */
export interface Policy {
  readonly registry: ResourceRegistry;
  readonly roles: Roles;
  /** Clients the settings declare; the front ends' own is always among them. */
  readonly clients: readonly ClientDefinition[];
}

const Texts = Type.Object({
  RESOURCES: Type.String({
    description:
      'JSON: service name → {"identifier": its resource identifier, "scopes": [the scopes it knows]}; "keeps": false besides where it keeps nothing of users and is told of no erasure',
  }),
  ROLES: Type.Optional(Type.String({ description: 'JSON: role → scopes its users may be granted' })),
  CLIENTS: Type.String({
    default: '[]',
    description: 'JSON: clients, as the administration API writes them',
  }),
});

const Resources = Type.Record(
  Type.String({ pattern: '^[a-z][a-z0-9-]*$' }),
  Type.Object(
    {
      identifier: Type.String({ pattern: '^[a-z][a-z0-9+.-]*:[^#\\s]+$' }),
      scopes: Type.Array(Type.String({ pattern: '^[a-z][a-z0-9._:-]{0,63}$' }), { minItems: 1 }),
      keeps: Type.Optional(Type.Boolean({ description: 'whether it keeps anything of users' })),
    },
    { additionalProperties: false },
  ),
);
const RoleScopes = Type.Record(Type.String({ pattern: '^[a-z][a-z0-9-]{0,63}$' }), Type.Array(Type.String()));
const Clients = Type.Array(ClientSchema);

/** The scopes of auth itself: to act on one's own account and sessions, to see them, to administer everybody's, and to hear of events. */
const OWN_SCOPES = ['account', 'account:read', ADMIN_SCOPE, EVENTS_SCOPE];

/**
 * @param ownIdentifier auth's own resource identifier
 * @throws {SettingsError} naming all faults
 */
export function readPolicy(env: Readonly<Record<string, string | undefined>>, ownIdentifier: string): Policy {
  const texts = loadSettings(Texts, env);
  const resources = Object.values(parse('RESOURCES', Resources, texts.RESOURCES));
  const registry = registryOf([...resources, { identifier: ownIdentifier, scopes: OWN_SCOPES }]);
  const roles = texts.ROLES === undefined ? defaultRoles(registry) : parse('ROLES', RoleScopes, texts.ROLES);
  const clients = parse('CLIENTS', Clients, texts.CLIENTS).map(definitionOf);
  const ids = clients.map(({ id }) => id);
  const faults = [
    ...unknownScopes(roles, registry),
    ...clients.flatMap((one) =>
      definitionFaults(one, registry).map((fault) => `CLIENTS ${one.id}: ${fault}`),
    ),
    ...(new Set(ids).size === ids.length ? [] : ['CLIENTS has two clients of the same id']),
  ];
  if (faults.length > 0) throw new SettingsError(faults);
  const isFirstPartyGiven = ids.includes(FIRST_PARTY_CLIENT);
  return { registry, roles, clients: isFirstPartyGiven ? clients : [firstPartyClient(registry), ...clients] };
}

function registryOf(resources: Parameters<typeof createResourceRegistry>[0]): ResourceRegistry {
  try {
    return createResourceRegistry(resources);
  } catch (error) {
    throw new SettingsError([`RESOURCES: ${(error as Error).message}`]);
  }
}

function firstPartyClient(registry: ResourceRegistry): ClientDefinition {
  return {
    id: FIRST_PARTY_CLIENT,
    kind: 'public',
    grants: [SIGN_IN, REFRESH_TOKEN],
    scopes: registry.scopes.filter((scope) => scope !== EVENTS_SCOPE),
    resources: registry.identifiers,
    ownResources: [],
    exchange: [],
    signingAlgorithm: null,
    jwks: null,
    jwksUri: null,
  };
}

function defaultRoles(registry: ResourceRegistry): Roles {
  const special = new Set([ADMIN_SCOPE, EVENTS_SCOPE]);
  return { [GUEST]: registry.scopes.filter((scope) => !special.has(scope)), admin: [ADMIN_SCOPE] };
}

function unknownScopes(roles: Roles, registry: ResourceRegistry): string[] {
  return Object.entries(roles).flatMap(([role, scopes]) =>
    scopes
      .filter((scope) => !registry.scopes.includes(scope))
      .map((scope) => `ROLES gives ${role} the scope ${scope}, which no service in RESOURCES knows`),
  );
}

function parse<Schema extends TSchema>(name: string, schema: Schema, text: string): Static<Schema> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new SettingsError([`${name} is not valid JSON`]);
  }
  const faults = faultsOf(schema, value).map(({ path, message }) => `${name}${path} ${message}`);
  if (faults.length > 0) throw new SettingsError(faults);
  return value as Static<Schema>;
}
