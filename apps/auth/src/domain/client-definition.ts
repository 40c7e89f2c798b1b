import { importVerificationKey } from '@roomkey/resource-server';
import { Type, type Static } from '@roomkey/schema';
import {
  CLIENT_ALGORITHMS,
  CLIENT_CREDENTIALS,
  isClientId,
  REFRESH_TOKEN,
  SIGN_IN,
  TOKEN_EXCHANGE,
  type ClientDefinition,
} from './clients.ts';
import type { ResourceRegistry } from './resources.ts';

const Texts = (description: string) =>
  Type.Array(Type.String({ maxLength: 512 }), { maxItems: 64, default: [], description });

const GRANTS = {
  public: [SIGN_IN, REFRESH_TOKEN],
  confidential: [CLIENT_CREDENTIALS, TOKEN_EXCHANGE],
} as const;

/** A client as the settings and the administration API write it. */
export const ClientSchema = Type.Object(
  {
    id: Type.String({ description: 'letters, digits and . _ -' }),
    kind: Type.Union([Type.Literal('public'), Type.Literal('confidential')]),
    grants: Texts('grant types it may use'),
    scopes: Texts('scopes its tokens may have'),
    resources: Texts('identifiers of the resources its tokens may be for'),
    own_resources: Texts(
      'identifiers of the resources it is: tokens for them it may introspect and exchange',
    ),
    exchange: Type.Array(
      Type.Object(
        { resource: Type.String(), scopes: Type.Array(Type.String()) },
        { additionalProperties: false },
      ),
      { maxItems: 64, default: [], description: 'what it may exchange tokens for' },
    ),
    signing_algorithm: Type.Optional(Type.Enum([...CLIENT_ALGORITHMS])),
    jwks: Type.Optional(
      Type.Object({
        keys: Type.Array(Type.Object({ kty: Type.String() }, { additionalProperties: true }), {
          minItems: 1,
          maxItems: 16,
        }),
      }),
    ),
    jwks_uri: Type.Optional(Type.String({ maxLength: 512 })),
  },
  { additionalProperties: false },
);

export type ClientOnTheWire = Static<typeof ClientSchema>;

export function definitionOf(wire: ClientOnTheWire): ClientDefinition {
  return {
    id: wire.id,
    kind: wire.kind,
    grants: wire.grants,
    scopes: wire.scopes,
    resources: wire.resources,
    ownResources: wire.own_resources,
    exchange: wire.exchange,
    signingAlgorithm: wire.signing_algorithm ?? null,
    jwks: wire.jwks ?? null,
    jwksUri: wire.jwks_uri ?? null,
  };
}

export function wireOf(definition: ClientDefinition): ClientOnTheWire {
  const { signingAlgorithm, jwks, jwksUri } = definition;
  return {
    id: definition.id,
    kind: definition.kind,
    grants: [...definition.grants],
    scopes: [...definition.scopes],
    resources: [...definition.resources],
    own_resources: [...definition.ownResources],
    exchange: definition.exchange.map(({ resource, scopes }) => ({ resource, scopes: [...scopes] })),
    ...(signingAlgorithm !== null && { signing_algorithm: signingAlgorithm }),
    ...(jwks !== null && { jwks: { keys: jwks.keys.map((key) => ({ ...key, kty: key.kty ?? '' })) } }),
    ...(jwksUri !== null && { jwks_uri: jwksUri }),
  };
}

/** What is wrong with a definition, a sentence each; none: it can be registered. */
export function definitionFaults(client: ClientDefinition, registry: ResourceRegistry): string[] {
  const resources = [
    ...client.resources,
    ...client.ownResources,
    ...client.exchange.map((one) => one.resource),
  ];
  const scopes = [...client.scopes, ...client.exchange.flatMap((one) => one.scopes)];
  const grants: readonly string[] = GRANTS[client.kind];
  return [
    ...(isClientId(client.id) ? [] : ['id must be 1 to 64 letters, digits and . _ -, and no UUID']),
    ...client.grants
      .filter((name) => !grants.includes(name))
      .map((name) => `a ${client.kind} client cannot have the grant ${name}`),
    ...resources
      .filter((name) => !registry.identifiers.includes(name))
      .map((name) => `no service has the resource identifier ${name}`),
    ...scopes
      .filter((name) => !registry.scopes.includes(name))
      .map((name) => `no service knows the scope ${name}`),
    ...keyFaults(client),
  ];
}

function keyFaults({
  kind,
  jwks,
  jwksUri,
  signingAlgorithm,
  exchange,
  ownResources,
}: ClientDefinition): string[] {
  if (kind === 'public') {
    const hasNone = jwks === null && jwksUri === null && signingAlgorithm === null;
    const isPlain = exchange.length === 0 && ownResources.length === 0;
    return hasNone && isPlain ? [] : ['a public client has no keys, no own resources and no exchange'];
  }
  if ((jwks === null) === (jwksUri === null) || signingAlgorithm === null)
    return ['a confidential client has signing_algorithm and either jwks or jwks_uri'];
  if (jwksUri !== null)
    return isFetchable(jwksUri) ? [] : ['jwks_uri must be https, or http on the loopback interface'];
  const kids = (jwks?.keys ?? []).map((key) => key.kid);
  return [
    ...(new Set(kids).size === kids.length ? [] : ['two keys have the same kid']),
    // Private members, other algorithms, weak keys, missing kid: none of these verifies anything (security 34, 35).
    ...((jwks?.keys ?? []).every((key) => importVerificationKey(key, [signingAlgorithm]) !== undefined)
      ? []
      : [`every key must be public, have a kid, and have alg ${signingAlgorithm} and the key type of that`]),
  ];
}

function isFetchable(address: string): boolean {
  const url = URL.parse(address);
  if (url === null || url.username !== '' || url.password !== '') return false;
  const isLoopback = ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname);
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback);
}
