import { Type } from '@roomkey/schema';
import { Problem, ProblemSchema, type Service } from '@roomkey/service';
import { addressPrefix } from '../domain/address.ts';
import type { ErasureReport, Erasures } from '../domain/erasures.ts';
import type { LeasedLimit } from '../domain/limits.ts';
import { UUID_PATTERN } from '../domain/uuid.ts';
import { PasswordSchema } from './credentials-schema.ts';
import { busy, tooOften } from './overload.ts';

interface ErasureRoutesOptions {
  readonly erasures: Erasures;
  readonly issuer: string;
  /** Requests from one network. */
  readonly requests: LeasedLimit;
  readonly now: () => Date;
}

const Password = Type.Object({ password: PasswordSchema }, { additionalProperties: false });
const Accepted = Type.Object({
  id: Type.String({ format: 'uuid' }),
  report: Type.String({ description: 'where the report is read' }),
  receipt: Type.String({ description: 'what it is read with, as a bearer token; shown this once' }),
});
const Time = Type.String({ format: 'date-time' });
const State = Type.Enum(['pending', 'erased']);
const Report = Type.Object({
  id: Type.String({ format: 'uuid' }),
  requested_at: Time,
  state: State,
  services: Type.Array(
    Type.Object({
      resource: Type.String({ description: 'resource identifier' }),
      state: State,
      erased_at: Type.Optional(Time),
      counts: Type.Optional(
        Type.Unsafe<Readonly<Record<string, number>>>({
          type: 'object',
          additionalProperties: { type: 'integer' },
          description: 'what was erased there, by kind',
        }),
      ),
    }),
  ),
});
const ErasureId = Type.Object({ id: Type.String({ pattern: UUID_PATTERN }) });

const REFUSALS = {
  busy,
  unknown: () => new Problem('not-found', 'This token is not about a user.'),
  erased: () => new Problem('gone', 'This account is erased already; who asked first has the receipt.'),
  'wrong-password': () => new Problem('forbidden', 'The password is not right; nothing was erased.'),
};

/** The end of an account, and what became of it. */
export async function erasureRoutes(app: Service, options: ErasureRoutesOptions): Promise<void> {
  const { erasures, issuer, requests, now } = options;

  app.delete(
    '/auth/accounts/current',
    {
      config: { scope: 'account' },
      schema: {
        summary: 'Erase my account here and all that I have in every service; there is no way back',
        description:
          'At once all sessions end and nobody can sign in. The services erase what they have within seconds, or as soon as they ' +
          'are there; the report says what was erased.',
        security: [{ accessToken: [] }],
        body: Password,
        response: { 202: Accepted, '4xx': ProblemSchema },
      },
    },
    async (request, reply) => {
      const account = {
        userId: request.principal.subject,
        password: request.body.password,
        addressPrefix: addressPrefix(request.ip),
      };
      const erased = await erasures.eraseOwn(account, now());
      if (!erased.ok)
        throw erased.reason === 'too-often' ? tooOften(erased.retryAfterSeconds) : REFUSALS[erased.reason]();
      const report = `${issuer}/auth/erasures/${erased.id}`;
      return reply
        .code(202)
        .header('location', report)
        .send({ id: erased.id, report, receipt: erased.receipt });
    },
  );

  app.get(
    '/auth/erasures/:id',
    {
      // The account is gone; who holds the receipt may read.
      config: { public: true },
      schema: {
        summary: 'What was erased; with the receipt as bearer token',
        params: ErasureId,
        response: { 200: Report, '4xx': ProblemSchema },
      },
    },
    async (request) => {
      const wait = await requests.take(addressPrefix(request.ip), now());
      if (wait !== undefined) throw tooOften(wait);
      const receipt = RECEIPT.exec(request.headers.authorization ?? '')?.[1];
      const report = receipt === undefined ? undefined : await erasures.report(request.params.id, receipt);
      // One answer, so that nobody learns which erasures there are.
      if (report === undefined)
        throw new Problem('unauthorized', 'Send the receipt of this erasure: Authorization: Bearer …', {
          'www-authenticate': 'Bearer',
        });
      return reportOnTheWire(report);
    },
  );
}

const RECEIPT = /^Bearer +([A-Za-z0-9_-]{43}) *$/i;

function reportOnTheWire({ id, requestedAt, services }: ErasureReport) {
  return {
    id,
    requested_at: requestedAt.toISOString(),
    state: stateOf(services.every(({ erasedAt }) => erasedAt !== null)),
    services: services.map(({ resource, erasedAt, counts }) => ({
      resource,
      state: stateOf(erasedAt !== null),
      ...(erasedAt && { erased_at: erasedAt.toISOString() }),
      ...(counts && { counts }),
    })),
  };
}

const stateOf = (isErased: boolean) => (isErased ? ('erased' as const) : ('pending' as const));
