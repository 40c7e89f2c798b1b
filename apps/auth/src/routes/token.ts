import type { Service } from '@roomkey/service';
import { parseForm } from '../grants/form.ts';
import type { TokenEndpoint } from '../grants/token-endpoint.ts';
import { asOAuthEndpoints, sendRefusal, type OAuthEndpointOptions } from './oauth-answers.ts';

interface TokenRoutesOptions extends OAuthEndpointOptions {
  readonly tokenEndpoint: TokenEndpoint;
}

export async function tokenRoutes(app: Service, options: TokenRoutesOptions): Promise<void> {
  asOAuthEndpoints(app, options);

  app.post(
    '/auth/token',
    {
      config: { public: true },
      schema: { summary: 'Token endpoint (RFC 6749 §3.2)', consumes: ['application/x-www-form-urlencoded'] },
    },
    async (request, reply) => {
      const parsed = parseForm(typeof request.body === 'string' ? request.body : '');
      if (!parsed.ok) return sendRefusal(reply, parsed);
      const { authorization } = request.headers;
      const now = options.now();
      const answer = await options.tokenEndpoint({ form: parsed.form, authorization }, now);
      if (!answer.ok) return sendRefusal(reply, answer);
      const { accessToken, claims, refreshToken, issuedTokenType } = answer;
      return reply.send({
        access_token: accessToken,
        ...(issuedTokenType !== undefined && { issued_token_type: issuedTokenType }),
        token_type: 'Bearer',
        expires_in: claims.exp - Math.floor(now.getTime() / 1_000),
        ...(refreshToken !== undefined && { refresh_token: refreshToken }),
        scope: claims.scope,
      });
    },
  );
}
