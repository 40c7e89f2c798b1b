import type { FastifyRequest } from 'fastify';
import type { Client } from '../domain/clients.ts';
import { refuse, type OAuthRefusal } from '../domain/oauth-error.ts';
import type { AuthenticateClient } from '../grants/client-authentication.ts';
import { parseForm, type Form } from '../grants/form.ts';

/** What a client says at the endpoints that take a token: who it is has been made sure of. */
interface ClientRequest {
  readonly ok: true;
  readonly client: Client;
  readonly form: Form;
}

export const TOKEN_MISSING = refuse('invalid_request', 'token is missing.');

/** RFC 7009 §2.1, RFC 7662 §2.1: a form, and a client that authenticates as at the token endpoint. */
export async function readClientRequest(
  { body, headers: { authorization } }: FastifyRequest,
  authenticate: AuthenticateClient,
  now: Date,
): Promise<ClientRequest | OAuthRefusal> {
  const parsed = parseForm(typeof body === 'string' ? body : '');
  if (!parsed.ok) return parsed;
  const authenticated = await authenticate({ form: parsed.form, authorization }, now);
  return authenticated.ok ? { ok: true, client: authenticated.client, form: parsed.form } : authenticated;
}
