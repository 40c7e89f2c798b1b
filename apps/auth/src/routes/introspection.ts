import type { Service } from '@roomkey/service';
import { audiencesOf, type InspectedClaims, type TokenInspection } from '../domain/token-inspection.ts';
import type { Client } from '../domain/clients.ts';
import { refuse } from '../domain/oauth-error.ts';
import type { AuthenticateClient } from '../grants/client-authentication.ts';
import { readClientRequest, TOKEN_MISSING } from './client-request.ts';
import { asOAuthEndpoints, sendRefusal, type OAuthEndpointOptions } from './oauth-answers.ts';

interface IntrospectionOptions extends OAuthEndpointOptions {
  readonly authenticate: AuthenticateClient;
  readonly inspection: TokenInspection;
}

/** RFC 7662, for those who want it: no service of this system needs to ask. */
export async function introspectionRoutes(app: Service, options: IntrospectionOptions): Promise<void> {
  const { authenticate, inspection, now } = options;
  asOAuthEndpoints(app, options);

  app.post(
    '/auth/introspect',
    {
      config: { public: true },
      schema: { summary: 'Introspection (RFC 7662)', consumes: ['application/x-www-form-urlencoded'] },
    },
    async (request, reply) => {
      const asked = await readClientRequest(request, authenticate, now());
      if (!asked.ok) return sendRefusal(reply, asked);
      const { client, form } = asked;
      // RFC 7662 §2.1: whoever only names itself has not authenticated (security 85).
      if (client.kind !== 'confidential')
        return sendRefusal(reply, refuse('invalid_client', 'Authenticate with a key.'));
      const token = form.get('token');
      if (token === undefined) return sendRefusal(reply, TOKEN_MISSING);
      const claims = await inspection.readLive(token, now());
      return reply.send(
        claims && concerns(claims, client) ? { active: true, ...tell(claims) } : { active: false },
      );
    },
  );
}

/** Security 86: a token that is neither for this client nor its own is none to it. */
function concerns(claims: InspectedClaims, client: Client): boolean {
  const isForClient = audiencesOf(claims).some((audience) => client.ownResources.includes(audience));
  return isForClient || claims.client_id === client.id;
}

/** RFC 7662 §2.2; `may_act` and `status` are nobody's business here. */
function tell({ iss, sub, aud, client_id, iat, exp, jti, scope, sid, act }: InspectedClaims) {
  return {
    iss,
    sub,
    aud,
    client_id,
    iat,
    exp,
    jti,
    scope,
    token_type: 'Bearer',
    ...(sid !== undefined && { sid }),
    ...(act !== undefined && { act }),
  };
}
