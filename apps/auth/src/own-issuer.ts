import { importVerificationKey, type IssuerKnowledge, type VerificationKey } from '@roomkey/resource-server';
import type { KeyRing } from './domain/key-ring.ts';

/** What the desk knows of itself, so that it verifies its own tokens as every room does, without asking itself. */
export function ownIssuer(issuer: string, keyRing: KeyRing, now: () => Date): IssuerKnowledge {
  const imported = new Map<string, VerificationKey>();

  function key(kid: string): VerificationKey | undefined {
    const jwk = keyRing.published(now()).find((candidate) => candidate.kid === kid);
    if (jwk === undefined) return undefined;
    const known = imported.get(kid) ?? importVerificationKey(jwk, ['ES256']);
    if (known === undefined) throw new Error('a signing key of this issuer is not fit to verify');
    imported.set(kid, known);
    return known;
  }

  return {
    issuer,
    key,
    hasStatusLists: false,
    statusList: () => undefined,
    isFresh: () => true,
  };
}
