import { isClientId, type Client, type ClientStore } from '../domain/clients.ts';
import { refuse, type OAuthRefusal } from '../domain/oauth-error.ts';
import type { Form } from './form.ts';

export interface ClientCredentials {
  readonly form: Form;
  /** The Authorization header: no method here uses it. */
  readonly authorization?: string | undefined;
}

export type Authenticated = { readonly ok: true; readonly client: Client } | OAuthRefusal;

export type AuthenticateClient = (credentials: ClientCredentials, now: Date) => Promise<Authenticated>;

const INVALID = refuse('invalid_client', 'The client is unknown, or did not prove who it is.');

/** Finds out which client sends a request. Public clients name themselves. */
export function createClientAuthentication(clients: ClientStore): AuthenticateClient {
  return async ({ form, authorization }) => {
    if (authorization !== undefined) return INVALID;
    const id = form.get('client_id');
    if (id === undefined || !isClientId(id)) return INVALID;
    const client = await clients.find(id);
    return client === undefined || client.disabledAt !== null || client.kind !== 'public'
      ? INVALID
      : { ok: true, client };
  };
}
