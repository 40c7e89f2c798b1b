import process from 'node:process';
import { createVerifier, openIssuerView, type Verifier } from '@roomkey/resource-server';

/** What a server of a bench is told by whoever starts it; see `publishTokens`. */
export function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
}

/** The verifier of the tokens that `publishTokens` has made. */
export async function openToldVerifier(): Promise<Verifier> {
  const view = await openIssuerView({
    issuer: setting('ISSUER'),
    jwksUrl: setting('JWKS_URL'),
    statusListsUrl: setting('STATUS_LISTS_URL'),
  });
  return createVerifier({ issuers: [{ view, audience: setting('AUDIENCE') }] });
}
