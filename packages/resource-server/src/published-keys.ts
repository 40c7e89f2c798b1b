import { createDocumentSource } from './document-source.ts';
import { importJwks } from './jwks.ts';
import type { SignatureAlgorithm, VerificationKey } from './verification-key.ts';

/** The keys an issuer publishes, last known good. */
export interface PublishedKeys {
  get(kid: string): VerificationKey | undefined;
  /** @throws when they cannot be had; what is known stays */
  look(): Promise<void>;
}

const MAX_BYTES = 256 * 1024;

export function createPublishedKeys(
  url: string,
  algorithms: readonly SignatureAlgorithm[],
  timeoutMs: number,
  signal: AbortSignal,
): PublishedKeys {
  const accept = 'application/jwk-set+json, application/json';
  const source = createDocumentSource({ url, accept, timeoutMs, maxBytes: MAX_BYTES, signal });
  let keys: ReadonlyMap<string, VerificationKey> = new Map();

  return {
    get: (kid) => keys.get(kid),
    async look() {
      const body = await source.look();
      if (body === undefined) return;
      keys = importJwks(body, algorithms, keys);
      source.keep();
    },
  };
}
