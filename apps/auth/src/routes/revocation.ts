import type { Service } from '@roomkey/service';
import { clientActor } from '../domain/audit.ts';
import type { Client } from '../domain/clients.ts';
import { hashRefreshToken } from '../domain/refresh-token.ts';
import type { Revocation } from '../domain/revocation.ts';
import type { SessionStore } from '../domain/sessions.ts';
import type { TokenInspection } from '../domain/token-inspection.ts';
import type { AuthenticateClient } from '../grants/client-authentication.ts';
import { readClientRequest, TOKEN_MISSING } from './client-request.ts';
import { asOAuthEndpoints, sendRefusal, type OAuthEndpointOptions } from './oauth-answers.ts';

interface RevocationOptions extends OAuthEndpointOptions {
  readonly authenticate: AuthenticateClient;
  readonly inspection: TokenInspection;
  readonly sessions: SessionStore;
  readonly revocation: Revocation;
}

/**
 * RFC 7009: a refresh token with its whole session, an access token with what was derived from it. Whatever is not this
 * client's to revoke is left alone and answered like a token nobody knows (docs/standards.md).
 */
export async function revocationRoutes(app: Service, options: RevocationOptions): Promise<void> {
  const { authenticate, inspection, sessions, revocation, now } = options;
  asOAuthEndpoints(app, options);

  app.post(
    '/auth/revoke',
    {
      config: { public: true },
      schema: { summary: 'Revocation (RFC 7009)', consumes: ['application/x-www-form-urlencoded'] },
    },
    async (request, reply) => {
      const asked = await readClientRequest(request, authenticate, now());
      if (!asked.ok) return sendRefusal(reply, asked);
      const { client, form } = asked;
      const token = form.get('token');
      if (token === undefined) return sendRefusal(reply, TOKEN_MISSING);
      // The hint is not needed: the two kinds of token cannot be taken for each other.
      await revoke(token, client);
      return reply.code(200).send();
    },
  );

  async function revoke(token: string, client: Client): Promise<void> {
    const cause = { reason: 'token-revoked', actor: clientActor(client.id) } as const;
    const hash = hashRefreshToken(token);
    if (hash !== undefined) {
      const shown = await sessions.findByRefreshToken(hash);
      if (shown?.session.clientId === client.id)
        await revocation.revokeSession(shown.session.id, cause, now());
      return;
    }
    const claims = inspection.read(token);
    if (claims?.client_id !== client.id) return;
    await revocation.revokeToken(
      { id: claims.jti, expiresAt: new Date(claims.exp * 1_000), status: claims.status ?? null },
      cause,
      now(),
    );
  }
}
