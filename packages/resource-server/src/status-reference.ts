/** Where the status of a token, or of somebody who acts in it, is found (draft-ietf-oauth-status-list-21 §6.1). */
export interface StatusReference {
  readonly uri: string;
  readonly index: number;
}

type Claims = Readonly<Record<string, unknown>>;

/**
 * Reads every status a token depends on: its own, which an exchanged token shares with its parent, and that of each client in
 * its `act` chain, so that a revoked client loses what it obtained for others.
 *
 * @param claims a verified payload whose `act` chain has been found well-formed and short
 * @returns the references, none when there is no status, or undefined when one is malformed
 */
export function readStatusReferences(claims: Claims): readonly StatusReference[] | undefined {
  const references: StatusReference[] = [];
  for (
    let current: Claims | undefined = claims;
    current !== undefined;
    current = current['act'] as Claims | undefined
  ) {
    if (current['status'] === undefined) continue;
    const reference = readReference(current['status']);
    if (reference === undefined) return undefined;
    references.push(reference);
  }
  return references;
}

function readReference(status: unknown): StatusReference | undefined {
  if (!isObject(status) || !isObject(status['status_list'])) return undefined;
  const { uri, idx } = status['status_list'];
  if (typeof uri !== 'string' || typeof idx !== 'number' || !Number.isSafeInteger(idx) || idx < 0)
    return undefined;
  return { uri, index: idx };
}

function isObject(value: unknown): value is Claims {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
