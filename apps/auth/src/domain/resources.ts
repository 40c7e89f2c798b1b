/** The services tokens can be for: resource identifier → the scopes it knows. */
export interface ResourceRegistry {
  readonly identifiers: readonly string[];
  readonly scopes: readonly string[];
  /** Identifiers of the services that keep something of users, and are told of what is to be erased. */
  readonly keepers: readonly string[];
  /** Scopes of these resources, in registry order. */
  scopesOf(identifiers: readonly string[]): readonly string[];
}

export interface RegisteredResource {
  readonly identifier: string;
  readonly scopes: readonly string[];
  /** Whether it keeps anything of users; it does unless it is said. */
  readonly keeps?: boolean;
}

/** @throws when an identifier or a scope is there twice: a scope belongs to one service */
export function createResourceRegistry(resources: readonly RegisteredResource[]): ResourceRegistry {
  const byIdentifier = new Map(resources.map(({ identifier, scopes }) => [identifier, scopes]));
  const scopes = resources.flatMap((resource) => resource.scopes);
  if (byIdentifier.size !== resources.length) throw new Error('two resources have the same identifier');
  if (new Set(scopes).size !== scopes.length) throw new Error('two resources have the same scope');
  return {
    identifiers: [...byIdentifier.keys()],
    scopes,
    keepers: resources.filter(({ keeps }) => keeps !== false).map(({ identifier }) => identifier),
    scopesOf: (identifiers) => identifiers.flatMap((identifier) => byIdentifier.get(identifier) ?? []),
  };
}
