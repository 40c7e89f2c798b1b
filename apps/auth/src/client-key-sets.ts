import {
  importVerificationKey,
  openIssuerView,
  type IssuerView,
  type VerificationKey,
} from '@roomkey/resource-server';
import type { ClientKeys } from './domain/client-keys.ts';
import type { Client } from './domain/clients.ts';

const MAX_SETS = 1_000;
const POLL_MS = 60_000;
const COOL_DOWN_MS = 5_000;

interface FetchedSet {
  readonly view: IssuerView;
  lookedAtMs: number;
}

/**
 * The registered keys of clients: from the registry itself, or fetched from the address it names and kept fresh like an
 * issuer's, with the same bounds. An address is an administrator's to register, never taken from a request.
 */
export function openClientKeys(): ClientKeys & { close(): void } {
  const imported = new Map<string, readonly VerificationKey[]>();
  const fetched = new Map<string, Promise<FetchedSet>>();

  async function fetchedKey(client: Client, uri: string, kid: string): Promise<VerificationKey | undefined> {
    const name = `${client.id} ${client.signingAlgorithm} ${uri}`;
    if (fetched.size >= MAX_SETS && !fetched.has(name)) closeAll();
    const opening = fetched.get(name) ?? open(client, uri);
    fetched.set(name, opening);
    const set = await opening.catch((error: unknown) => {
      fetched.delete(name);
      throw error;
    });
    const known = set.view.key(kid);
    if (known !== undefined || Date.now() - set.lookedAtMs < COOL_DOWN_MS) return known;
    set.lookedAtMs = Date.now();
    await set.view.refresh();
    return set.view.key(kid);
  }

  async function open({ id, signingAlgorithm }: Client, jwksUrl: string): Promise<FetchedSet> {
    const view = await openIssuerView({
      issuer: id,
      jwksUrl,
      algorithms: signingAlgorithm === null ? [] : [signingAlgorithm],
      pollMs: POLL_MS,
    });
    return { view, lookedAtMs: Date.now() };
  }

  function closeAll(): void {
    for (const opening of fetched.values())
      void opening.then(
        ({ view }) => view.close(),
        () => undefined,
      );
    fetched.clear();
  }

  return {
    async find(client, kid) {
      if (client.jwksUri !== null)
        return kid === undefined ? undefined : fetchedKey(client, client.jwksUri, kid);
      const keys = registeredKeys(client);
      return kid === undefined
        ? keys.length === 1
          ? keys[0]
          : undefined
        : keys.find((key) => key.kid === kid);
    },
    close: closeAll,
  };

  function registeredKeys({ id, jwks, signingAlgorithm }: Client): readonly VerificationKey[] {
    if (jwks === null || signingAlgorithm === null) return [];
    const name = `${id} ${signingAlgorithm} ${JSON.stringify(jwks)}`;
    const known = imported.get(name);
    if (known) return known;
    const keys = jwks.keys
      .map((jwk) => importVerificationKey(jwk, [signingAlgorithm]))
      .filter((key) => key !== undefined);
    if (imported.size >= MAX_SETS) imported.clear();
    imported.set(name, keys);
    return keys;
  }
}
