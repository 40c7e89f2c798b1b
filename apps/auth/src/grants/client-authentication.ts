import { isClientId, type Client, type ClientStore } from '../domain/clients.ts';
import type { ClientKeys, UsedAssertions } from '../domain/client-keys.ts';
import type { LeasedLimit } from '../domain/limits.ts';
import { refuse, slowDown, type OAuthRefusal } from '../domain/oauth-error.ts';
import { ASSERTION_TYPE, NOBODY, readAssertion, verifyAssertion } from './client-assertion.ts';
import type { Form } from './form.ts';

export interface ClientCredentials {
  readonly form: Form;
  /** The Authorization header: no method here uses it. */
  readonly authorization?: string | undefined;
}

export type Authenticated = { readonly ok: true; readonly client: Client } | OAuthRefusal;

export type AuthenticateClient = (credentials: ClientCredentials, now: Date) => Promise<Authenticated>;

export interface ClientAuthenticationParts {
  readonly clients: ClientStore;
  readonly keys: ClientKeys;
  readonly used: UsedAssertions;
  readonly issuer: string;
}

/** One answer for every cause: who is unknown learns no more than who cannot prove it (security 66). */
const INVALID = refuse('invalid_client', 'The client is unknown, or did not prove who it is.');
const TWO_METHODS = refuse(
  'invalid_request',
  'Authenticate in one way: private_key_jwt, or client_id for a public client.',
);

/** Finds out which client sends a request: by `private_key_jwt`, or by its name alone if it is a public one. */
export function createClientAuthentication(parts: ClientAuthenticationParts): AuthenticateClient {
  const { clients, keys, used, issuer } = parts;

  return async ({ form, authorization }, now) => {
    const assertion = form.get('client_assertion');
    const type = form.get('client_assertion_type');
    const isShared = authorization !== undefined || form.get('client_secret') !== undefined;
    if (assertion === undefined && type === undefined)
      return isShared ? INVALID : byName(form.get('client_id'));
    if (isShared) return TWO_METHODS;
    if (assertion === undefined || type !== ASSERTION_TYPE) return INVALID;
    return byAssertion(assertion, form.get('client_id'), now);
  };

  async function byName(id: string | undefined): Promise<Authenticated> {
    const client = id === undefined ? undefined : await find(id);
    return client?.kind === 'public' && client.disabledAt === null ? { ok: true, client } : INVALID;
  }

  async function byAssertion(text: string, name: string | undefined, now: Date): Promise<Authenticated> {
    const assertion = readAssertion(text);
    if (assertion === undefined || (name !== undefined && name !== assertion.claimedId)) return INVALID;
    const client = (await find(assertion.claimedId)) ?? NOBODY;
    const verified = await verifyAssertion(assertion, client, keys, issuer, now);
    if (verified === undefined || client.kind !== 'confidential' || client.disabledAt !== null)
      return INVALID;
    return (await used.use(client.id, verified.jti, verified.expiresAt)) ? { ok: true, client } : INVALID;
  }

  async function find(id: string): Promise<Client | undefined> {
    return isClientId(id) ? clients.find(id) : undefined;
  }
}

/** Bounds what one client may ask for. Only clients that have proved who they are: anybody can name a public one. */
export function limitClients(authenticate: AuthenticateClient, requests: LeasedLimit): AuthenticateClient {
  return async (credentials, now) => {
    const authenticated = await authenticate(credentials, now);
    if (!authenticated.ok || authenticated.client.kind === 'public') return authenticated;
    const wait = await requests.take(authenticated.client.id, now);
    return wait === undefined ? authenticated : slowDown(wait);
  };
}
