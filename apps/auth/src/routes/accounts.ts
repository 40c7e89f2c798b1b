import { Problem, ProblemSchema, type Service } from '@roomkey/service';
import { Type } from 'typebox';
import type { Accounts } from '../domain/accounts.ts';
import { busy } from './busy.ts';
import { NameSchema, NewPasswordSchema } from './credentials-schema.ts';

interface AccountRoutesOptions {
  readonly accounts: Accounts;
  readonly now: () => Date;
}

const Account = Type.Object({ id: Type.String({ format: 'uuid' }), name: Type.String() });
const NewAccount = Type.Object(
  { name: NameSchema, password: NewPasswordSchema },
  { additionalProperties: false },
);

const REFUSALS = {
  'name-taken': () => new Problem('conflict', 'This name is taken; choose another.'),
  'bad-name': () =>
    new Problem(
      'invalid-request',
      'A name has 2 to 64 letters, digits and . _ @ + - and begins and ends with a letter or digit.',
    ),
  'bad-password': () =>
    new Problem('invalid-request', 'The password holds half a character (a lone surrogate).'),
  busy,
};

export async function accountRoutes(app: Service, { accounts, now }: AccountRoutesOptions): Promise<void> {
  app.post(
    '/auth/accounts',
    {
      config: { public: true },
      schema: {
        summary: 'Register',
        body: NewAccount,
        response: { 201: Account, '4xx': ProblemSchema },
      },
    },
    async (request, reply) => {
      const { name, password } = request.body;
      const registration = await accounts.register(name, password, now());
      if (registration.ok) {
        const { user } = registration;
        return reply.code(201).send({ id: user.id, name: user.name });
      }
      throw REFUSALS[registration.reason]();
    },
  );
}
