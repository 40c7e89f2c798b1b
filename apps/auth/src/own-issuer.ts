import { importVerificationKey, type IssuerKnowledge, type VerificationKey } from '@roomkey/resource-server';
import type { KeyRing } from './domain/key-ring.ts';
import type { StatusPublication } from './domain/status-publication.ts';

/** What the desk knows of itself, so that it verifies its own tokens as every room does, without asking itself. */
export function ownIssuer(
  issuer: string,
  keyRing: KeyRing,
  publication: StatusPublication,
  now: () => Date,
): IssuerKnowledge {
  const keys = new Map<string, VerificationKey>();

  function key(kid: string): VerificationKey | undefined {
    const published = () => keyRing.published(now()).find((candidate) => candidate.kid === kid);
    const jwk = published();
    if (jwk === undefined) return undefined;
    const imported = keys.get(kid);
    if (imported) return imported;
    const known = importVerificationKey(jwk, ['ES256']);
    if (known === undefined) throw new Error('a signing key of this issuer is not fit to verify');
    const current: VerificationKey = {
      ...known,
      get withdrawn() {
        return published() === undefined;
      },
    };
    keys.set(kid, current);
    return current;
  }

  return {
    issuer,
    key,
    hasStatusLists: true,
    statusList: (uri) => publication.statusList(uri),
    isFresh: () => true,
  };
}
