import { loadSettings, originSettings, serviceSettings, SettingsError } from '@roomkey/service';
import { Type, type Static, type TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { FIRST_PARTY_CLIENT, SIGN_IN, type ClientDefinition } from './domain/clients.ts';
import { createResourceRegistry, type ResourceRegistry } from './domain/resources.ts';
import { ADMIN_SCOPE, GUEST, type Roles } from './domain/roles.ts';

const seconds = (description: string, defaultSeconds: number, minimum = 1, maximum = 366 * 86_400) =>
  Type.Integer({ minimum, maximum, default: defaultSeconds, description: `${description}, in seconds` });
const count = (description: string, defaultCount: number, minimum = 1, maximum = 1_000_000) =>
  Type.Integer({ minimum, maximum, default: defaultCount, description });

const Plain = Type.Object({
  ...serviceSettings,
  ...originSettings,
  ISSUER: Type.String({
    pattern: '^https?://[^/?#]+$',
    description: 'identifier of this issuer: the public origin, as in its tokens',
  }),
  RESOURCE: Type.String({
    pattern: '^[a-z][a-z0-9+.-]*:.+$',
    description: 'identifier of this service: the audience of tokens for it',
  }),
  SERVER_TIMING: Type.Boolean({
    default: false,
    description: 'say in each answer how long verification took',
  }),
  DATABASE_URL: Type.String({
    pattern: '^postgres(ql)?://',
    description: 'postgres://role:password@host:port/name',
  }),
  DATABASE_CONNECTIONS: count('connections to the database at most', 10, 2, 500),
  KEY_ENCRYPTION_KEY: Type.String({
    pattern: '^[A-Za-z0-9+/]{43}=$',
    description:
      '32 random bytes in base64 (openssl rand -base64 32): signing keys are stored encrypted under it',
  }),
  TRUSTED_PROXIES: Type.Optional(
    Type.String({
      minLength: 1,
      description:
        'comma-separated addresses or networks of the proxies in front, whose X-Forwarded-For counts',
    }),
  ),
  ACCESS_TOKEN_SECONDS: seconds('life of an access token', 300, 5, 900),
  SESSION_SECONDS: seconds('life of a session at most', 30 * 86_400),
  SESSION_IDLE_SECONDS: seconds('life of a session that is not used', 7 * 86_400),
  REFRESH_REPEAT_SECONDS: seconds('how long a client that lost the answer may repeat a refresh', 10, 0, 60),
  JWKS_MAX_AGE_SECONDS: seconds('how long the published keys may be cached', 60, 1, 86_400),
  KEY_PENDING_SECONDS: seconds('how long a key is published before it signs', 300, 1, 7 * 86_400),
  KEY_ROTATION_SECONDS: seconds('from one signing key to the next', 30 * 86_400, 10),
  KEY_RELOAD_MS: count('milliseconds between two looks at the stored keys', 1_000, 10, 60_000),
  STATUS_LIST_SIZE: Type.Union(
    [2 ** 10, 2 ** 16, 2 ** 20, 2 ** 22].map((size) => Type.Literal(size)),
    { default: 2 ** 20, description: 'statuses in one list: 1024, 65536, 1048576 or 4194304' },
  ),
  ARGON2_MEMORY_KIB: count('memory of one password hash, in KiB', 19_456, 8, 4_194_304),
  ARGON2_PASSES: count('passes of one password hash', 2, 1, 100),
  PASSWORD_CONCURRENCY: count('password hashes made at once', 2, 1, 64),
  PASSWORD_QUEUE: count('password hashes that may wait; more are answered 503', 64, 0),
});

const Resources = Type.Record(
  Type.String({ pattern: '^[a-z][a-z0-9-]*$' }),
  Type.Object(
    {
      identifier: Type.String({ pattern: '^[a-z][a-z0-9+.-]*:[^#\\s]+$' }),
      scopes: Type.Array(Type.String({ pattern: '^[a-z][a-z0-9._:-]{0,63}$' }), { minItems: 1 }),
    },
    { additionalProperties: false },
  ),
);

const RoleScopes = Type.Record(Type.String({ pattern: '^[a-z][a-z0-9-]{0,63}$' }), Type.Array(Type.String()));

/** Settings that are JSON, as text. */
const Structured = Type.Object({
  RESOURCES: Type.String({
    description:
      'JSON: service name → {"identifier": its resource identifier, "scopes": [the scopes it knows]}',
  }),
  ROLES: Type.Optional(Type.String({ description: 'JSON: role → scopes its users may be granted' })),
});

export interface Settings extends Readonly<Static<typeof Plain>> {
  readonly registry: ResourceRegistry;
  readonly roles: Roles;
  /** Clients the settings declare; the front ends' own is always among them. */
  readonly clients: readonly ClientDefinition[];
}

/** The longest margin between a verifier's cache and the desk's clock. */
const PUBLICATION_MARGIN_SECONDS = 2;

/** @throws {SettingsError} naming all faults at once */
export function readSettings(env: Readonly<Record<string, string | undefined>>): Settings {
  const faults: string[] = [];
  const plain = collect(faults, () => loadSettings(Plain, env));
  const structured = collect(faults, () => loadSettings(Structured, env));
  const resources = structured && collect(faults, () => parse('RESOURCES', Resources, structured.RESOURCES));
  const roles =
    structured?.ROLES && collect(faults, () => parse('ROLES', RoleScopes, structured.ROLES ?? ''));
  if (plain && plain.KEY_PENDING_SECONDS < plain.JWKS_MAX_AGE_SECONDS + PUBLICATION_MARGIN_SECONDS) {
    faults.push(
      `KEY_PENDING_SECONDS must be at least JWKS_MAX_AGE_SECONDS + ${PUBLICATION_MARGIN_SECONDS}: a key signs when all know it`,
    );
  }
  const registry =
    plain &&
    resources &&
    collect(faults, () =>
      createResourceRegistry([
        ...Object.values(resources),
        { identifier: plain.RESOURCE, scopes: ['account', ADMIN_SCOPE] },
      ]),
    );
  if (registry && roles) faults.push(...unknownScopes(roles, registry));
  if (faults.length > 0 || !plain || !registry) throw new SettingsError(faults);
  return Object.freeze({
    ...plain,
    registry,
    roles: roles || defaultRoles(registry),
    clients: [firstPartyClient(registry)],
  });
}

function firstPartyClient(registry: ResourceRegistry): ClientDefinition {
  return {
    id: FIRST_PARTY_CLIENT,
    kind: 'public',
    grants: [SIGN_IN, 'refresh_token'],
    scopes: registry.scopes,
    resources: registry.identifiers,
    signingAlgorithm: null,
    jwks: null,
    jwksUri: null,
    exchange: null,
  };
}

function defaultRoles(registry: ResourceRegistry): Roles {
  return { [GUEST]: registry.scopes.filter((scope) => scope !== ADMIN_SCOPE), admin: [ADMIN_SCOPE] };
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
  const faults = Value.Errors(schema, value).map(
    ({ instancePath, message }) => `${name}${instancePath} ${message}`,
  );
  if (faults.length > 0) throw new SettingsError(faults);
  return value as Static<Schema>;
}

function collect<Result>(faults: string[], read: () => Result): Result | undefined {
  try {
    return read();
  } catch (error) {
    faults.push(...(error instanceof SettingsError ? error.faults : [(error as Error).message]));
    return undefined;
  }
}
