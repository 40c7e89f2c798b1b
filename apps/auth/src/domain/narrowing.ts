import type { Grant } from './access-token.ts';
import { refuse, type OAuthRefusal } from './oauth-error.ts';
import type { ResourceRegistry } from './resources.ts';

/** What a request asks for: nothing said means all that can be had. */
export interface AskedGrant {
  /** Space-separated (RFC 6749 §3.3). */
  readonly scope?: string | undefined;
  /** Resource identifiers (RFC 8707 §2). */
  readonly resources?: readonly string[] | undefined;
}

export type Narrowed = ({ readonly ok: true } & Grant) | OAuthRefusal;

/**
 * Cuts what can be had down to what is asked for. It only shrinks: asking for more is an error, never silently less.
 *
 * Scopes that are asked for by name stay, also those of services that are not in the audience: nobody can use them, but they
 * are the bound of what a service may exchange the token for. When no scope is named, it is those of the audience.
 */
export function narrow(ceiling: Grant, asked: AskedGrant, registry: ResourceRegistry): Narrowed {
  const resources = asked.resources ? [...new Set(asked.resources)] : ceiling.resources;
  // RFC 8707 §2: which one it was is not repeated, for it is the client's text.
  if (resources.length === 0 || !resources.every((resource) => ceiling.resources.includes(resource)))
    return refuse('invalid_target', 'A resource is unknown, or not one this grant is for.');
  const own = registry.scopesOf(resources);
  const named = asked.scope === undefined ? undefined : [...new Set(asked.scope.split(' ').filter(Boolean))];
  const scopes = named ?? ceiling.scopes.filter((scope) => own.includes(scope));
  if (scopes.length === 0 || !scopes.every((scope) => ceiling.scopes.includes(scope)))
    return refuse('invalid_scope', 'A scope is unknown, or more than this grant allows.');
  return { ok: true, scopes, resources };
}

/** What two grants have in common. */
export function intersect(a: Grant, b: { scopes: Iterable<string>; resources: Iterable<string> }): Grant {
  const scopes = new Set(b.scopes);
  const resources = new Set(b.resources);
  return {
    scopes: a.scopes.filter((scope) => scopes.has(scope)),
    resources: a.resources.filter((resource) => resources.has(resource)),
  };
}
