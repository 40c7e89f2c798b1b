import type { AccessTokenClaims } from '../domain/access-token.ts';
import type { Client } from '../domain/clients.ts';
import { narrow } from '../domain/narrowing.ts';
import { refuse, type OAuthRefusal } from '../domain/oauth-error.ts';
import type { ResourceRegistry } from '../domain/resources.ts';
import type { TokenIssuer } from '../domain/token-issuer.ts';
import type { AuthenticateClient, ClientCredentials } from './client-authentication.ts';
import type { Form } from './form.ts';
import type { GrantSubject, GrantType } from './grant-type.ts';

export interface TokenRequest extends ClientCredentials {
  readonly form: Form;
}

/** RFC 6749 §5.1. */
export interface TokenAnswer {
  readonly ok: true;
  readonly accessToken: string;
  readonly claims: AccessTokenClaims;
  readonly refreshToken?: string;
  readonly issuedTokenType?: string;
}

type Outcome = TokenAnswer | OAuthRefusal | 'lost-race';

export interface TokenEndpointParts {
  readonly authenticate: AuthenticateClient;
  readonly grantTypes: readonly GrantType[];
  readonly registry: ResourceRegistry;
  readonly tokens: TokenIssuer;
}

export type TokenEndpoint = (request: TokenRequest, now: Date) => Promise<TokenAnswer | OAuthRefusal>;

/**
 * The phases of a token request, in their order, the same for every grant: authenticate the client, find the grant and ask
 * whether the client may use it, hear the grant on its subject, narrow, write the token, let the grant store, sign.
 */
export function createTokenEndpoint(parts: TokenEndpointParts): TokenEndpoint {
  const { authenticate, registry, tokens } = parts;
  const grantTypes = new Map(parts.grantTypes.map((grantType) => [grantType.name, grantType]));

  return async function answer(request, now) {
    const name = request.form.get('grant_type');
    if (name === undefined) return refuse('invalid_request', 'grant_type is missing.');
    const authenticated = await authenticate(request, now);
    if (!authenticated.ok) return authenticated;
    const { client } = authenticated;
    const grantType = grantTypes.get(name);
    if (grantType === undefined)
      return refuse('unsupported_grant_type', 'This grant type is not offered here.');
    if (!client.grants.includes(name))
      return refuse('unauthorized_client', 'This client may not use this grant type.');
    const first = await run(grantType, request.form, client, now);
    // The one who was faster has committed by now, so looking again decides it.
    const outcome = first === 'lost-race' ? await run(grantType, request.form, client, now) : first;
    return outcome === 'lost-race'
      ? refuse('temporarily_unavailable', 'This grant is in use; try again.')
      : outcome;
  };

  async function run(grantType: GrantType, form: Form, client: Client, now: Date): Promise<Outcome> {
    const subject = await grantType.subject({ form, client, now });
    if (!subject.ok) return subject;
    const resources = form.all('resource');
    const asked = subject.asked ?? {
      scope: form.get('scope'),
      resources: resources.length > 0 ? resources : undefined,
    };
    const grant = narrow(subject.ceiling, asked, registry);
    return grant.ok ? issue(subject, grant, client, now) : grant;
  }

  async function issue(
    subject: GrantSubject,
    { scopes, resources }: { scopes: readonly string[]; resources: readonly string[] },
    client: Client,
    now: Date,
  ): Promise<Outcome> {
    const request = { ...subject, scopes, resources, clientId: client.id };
    const claims = subject.again
      ? await tokens.prepareAgain(request, subject.again, now)
      : await tokens.prepare(request, now);
    if (claims === undefined) return refuse('invalid_client', 'The client has just been disabled.');
    const stored = (await subject.commit?.(claims)) ?? { ok: true };
    if (stored === 'lost-race') return stored;
    return stored.ok ? { ...stored, accessToken: tokens.sign(claims, now), claims } : stored;
  }
}
