import { Problem, ProblemSchema, type Service } from '@roomkey/service';
import { Type } from '@roomkey/schema';
import { addressPrefix } from '../domain/address.ts';
import { FIRST_PARTY_CLIENT } from '../domain/clients.ts';
import type { createSignIn, SignInResult } from '../domain/sign-in.ts';
import { NameSchema, PasswordSchema } from './credentials-schema.ts';
import { busy, tooOften } from './overload.ts';

interface SignInRoutesOptions {
  readonly signIn: ReturnType<typeof createSignIn>;
  readonly now: () => Date;
}

const SignIn = Type.Object(
  {
    name: Type.String({ ...NameSchema, minLength: 0 }),
    password: PasswordSchema,
    client_id: Type.Optional(Type.String({ maxLength: 64, default: FIRST_PARTY_CLIENT })),
    resource: Type.Optional(
      Type.Array(Type.String({ maxLength: 512 }), {
        minItems: 1,
        maxItems: 32,
        description: 'services the tokens are for; all unless given (RFC 8707)',
      }),
    ),
    scope: Type.Optional(
      Type.String({ maxLength: 2_048, description: 'space-separated; all but admin unless given' }),
    ),
  },
  { additionalProperties: false },
);

const Tokens = Type.Object({
  access_token: Type.String(),
  token_type: Type.Literal('Bearer'),
  expires_in: Type.Integer({ description: 'seconds' }),
  refresh_token: Type.String(),
  scope: Type.String(),
  session_id: Type.String(),
});

const MAX_USER_AGENT_LENGTH = 256;

export async function signInRoutes(app: Service, { signIn, now }: SignInRoutesOptions): Promise<void> {
  app.post(
    '/auth/sessions',
    {
      config: { public: true },
      schema: {
        summary: 'Sign in by name and password',
        body: SignIn,
        response: { 201: Tokens, '4xx': ProblemSchema },
      },
    },
    async (request, reply) => {
      const { name, password, client_id: clientId = FIRST_PARTY_CLIENT, resource, scope } = request.body;
      const origin = {
        address: request.ip,
        addressPrefix: addressPrefix(request.ip),
        userAgent: request.headers['user-agent']?.slice(0, MAX_USER_AGENT_LENGTH) ?? null,
      };
      const result = await signIn({ name, password, clientId, resources: resource, scope, origin }, now());
      if (!result.ok) throw problemOf(result);
      const { claims } = result;
      return reply.code(201).send({
        access_token: result.accessToken,
        token_type: 'Bearer' as const,
        expires_in: claims.exp - claims.iat,
        refresh_token: result.refreshToken,
        scope: claims.scope,
        session_id: claims.sid ?? '',
      });
    },
  );
}

/** RFC 9110 §15.5.2: a 401 names a scheme, and bearer tokens are the one this service knows. */
const CHALLENGE = { 'www-authenticate': 'Bearer' };

const REFUSALS = {
  'wrong-credentials': () =>
    new Problem('wrong-credentials', 'The name or the password is not right.', CHALLENGE),
  'unknown-client': () => new Problem('invalid-request', 'client_id names no client that may sign users in.'),
  busy,
};

function problemOf(result: Exclude<SignInResult, { ok: true }>): Problem {
  if (result.reason === 'too-much') return new Problem('invalid-request', result.refusal.description);
  if (result.reason === 'too-often') return tooOften(result.retryAfterSeconds);
  return REFUSALS[result.reason]();
}
