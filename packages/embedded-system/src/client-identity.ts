import { readFile } from 'node:fs/promises';
import { generateClientKey, publicClientKey } from '@roomkey/token-client';
import { secretFile } from './secrets.ts';

/** What a service proves itself with at the desk. */
export interface ClientIdentity {
  /** Holds the private key; for its service alone. */
  readonly keyFile: string;
  /** Public JWK, for the desk. */
  readonly publicKey: object;
}

/** Finds the key of a client, or makes it at the first start. */
export async function openClientIdentity(folder: string, name: string): Promise<ClientIdentity> {
  const keyFile = await secretFile(folder, `${name}-client-key`, generateClientKey);
  return { keyFile, publicKey: publicClientKey(await readFile(keyFile, 'utf8')) };
}
