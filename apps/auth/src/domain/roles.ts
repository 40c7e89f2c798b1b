/** Role → the scopes its users may be granted. */
export type Roles = Readonly<Record<string, readonly string[]>>;

/** The role of every new account. */
export const GUEST = 'guest';
export const ADMIN_SCOPE = 'admin';
/** To be told what a service has to know: no user's, but of services that are clients. */
export const EVENTS_SCOPE = 'events';

/** What users of these roles may at most be granted; a role that no longer exists gives nothing. */
export function scopesOfRoles(held: readonly string[], roles: Roles): ReadonlySet<string> {
  return new Set(held.flatMap((role) => (Object.hasOwn(roles, role) ? (roles[role] ?? []) : [])));
}
