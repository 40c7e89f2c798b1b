import type { VerificationKey } from '@roomkey/resource-server';
import type { Client } from './clients.ts';

/** The keys a client's assertions are verified with. */
export interface ClientKeys {
  /** By id; without one, the client's only key. */
  find(client: Client, kid: string | undefined): Promise<VerificationKey | undefined>;
}

/** Remembers which assertions have been used: for all replicas, until they expire. */
export interface UsedAssertions {
  /** @returns false when it had been used */
  use(clientId: string, jti: string, expiresAt: Date): Promise<boolean>;
}
