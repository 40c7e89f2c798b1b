import { Problem, ProblemSchema, type Service } from '@roomkey/service';
import { Type } from '@roomkey/schema';
import type { Accounts } from '../domain/accounts.ts';
import { addressPrefix } from '../domain/address.ts';
import type { LeasedLimit } from '../domain/limits.ts';
import { NameSchema, NewPasswordSchema, PASSWORD_REFUSALS, PasswordSchema } from './credentials-schema.ts';
import { tooOften } from './overload.ts';

interface AccountRoutesOptions {
  readonly accounts: Accounts;
  /** Registrations from one network. */
  readonly registrations: LeasedLimit;
  readonly now: () => Date;
}

const Account = Type.Object({ id: Type.String({ format: 'uuid' }), name: Type.String() });
const OwnAccount = Type.Object({
  ...Account.properties,
  roles: Type.Array(Type.String()),
  created_at: Type.String({ format: 'date-time' }),
});
const NewAccount = Type.Object(
  { name: NameSchema, password: NewPasswordSchema },
  { additionalProperties: false },
);
const NewPassword = Type.Object(
  { current_password: PasswordSchema, new_password: NewPasswordSchema },
  { additionalProperties: false },
);

const REFUSALS = {
  ...PASSWORD_REFUSALS,
  'name-taken': () => new Problem('conflict', 'This name is taken; choose another.'),
  'bad-name': () =>
    new Problem(
      'invalid-request',
      'A name has 2 to 64 letters, digits and . _ @ + - and begins and ends with a letter or digit.',
    ),
  'wrong-password': () => new Problem('forbidden', 'The current password is not right.'),
};

export async function accountRoutes(app: Service, options: AccountRoutesOptions): Promise<void> {
  const { accounts, registrations, now } = options;
  const own = { config: { scope: 'account' } } as const;
  const look = { config: { scope: 'account:read' } } as const;
  const security = [{ accessToken: [] }];

  app.post(
    '/auth/accounts',
    {
      config: { public: true },
      schema: { summary: 'Register', body: NewAccount, response: { 201: Account, '4xx': ProblemSchema } },
    },
    async (request, reply) => {
      const wait = await registrations.take(addressPrefix(request.ip), now());
      if (wait !== undefined) throw tooOften(wait);
      const registration = await accounts.register(request.body.name, request.body.password, now());
      if (!registration.ok) throw REFUSALS[registration.reason]();
      const { id, name } = registration.user;
      return reply.code(201).send({ id, name });
    },
  );

  app.get(
    '/auth/accounts/current',
    {
      ...look,
      schema: { summary: 'Who I am', security, response: { 200: OwnAccount, '4xx': ProblemSchema } },
    },
    async (request) => {
      const user = await accounts.find(request.principal.subject);
      if (user === undefined) throw new Problem('not-found', 'This token is not about a user.');
      const { id, name, roles, createdAt } = user;
      return { id, name, roles: [...roles], created_at: createdAt.toISOString() };
    },
  );

  app.put(
    '/auth/accounts/current/password',
    {
      ...own,
      schema: {
        summary: 'Change the password; ends all other sessions',
        security,
        body: NewPassword,
        response: { 204: Type.Null(), '4xx': ProblemSchema },
      },
    },
    async (request, reply) => {
      const { subject: userId, sessionId } = request.principal;
      const { current_password: current, new_password: next } = request.body;
      const change = await accounts.changePassword(
        { userId, sessionId, current, next, addressPrefix: addressPrefix(request.ip) },
        now(),
      );
      if (change.ok) return reply.code(204).send(null);
      throw change.reason === 'too-often' ? tooOften(change.retryAfterSeconds) : REFUSALS[change.reason]();
    },
  );
}
