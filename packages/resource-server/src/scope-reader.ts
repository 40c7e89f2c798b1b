/** Texts kept; an issuer has far fewer combinations of scopes. */
const MAX_KEPT = 1_000;

/**
 * Reads `scope` claims (RFC 6749 §3.3) as this service's scopes. Equal texts share one frozen list: most tokens say one of a
 * few, and what they share is found in the processor's cache.
 *
 * @param mapping the issuer's scope names → this service's; identity unless given. Unmapped ones are dropped.
 */
export function createScopeReader(
  mapping?: Readonly<Record<string, readonly string[]>>,
): (scope: string) => readonly string[] {
  const kept = new Map<string, readonly string[]>();
  return (scope) => {
    const known = kept.get(scope);
    if (known !== undefined) return known;
    const names = scope.split(' ').filter((name) => name !== '');
    const meant =
      mapping === undefined
        ? names
        : names.flatMap((name) => (Object.hasOwn(mapping, name) ? (mapping[name] ?? []) : []));
    const scopes = Object.freeze([...new Set(meant)]);
    if (kept.size === MAX_KEPT) kept.clear();
    kept.set(scope, scopes);
    return scopes;
  };
}
