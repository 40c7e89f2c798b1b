import { Type } from '@roomkey/schema';
import { Problem, ProblemSchema, type Service } from '@roomkey/service';
import type { ClientStore } from '../domain/clients.ts';
import type { EventDelivery } from '../domain/event-delivery.ts';
import { EVENTS_SCOPE } from '../domain/roles.ts';
import { UUID_PATTERN } from '../domain/uuid.ts';

interface EventRoutesOptions {
  readonly delivery: EventDelivery;
  readonly clients: ClientStore;
}

const MAX_EVENTS = 100;
const Counts = Type.Unsafe<Readonly<Record<string, number>>>({
  type: 'object',
  maxProperties: 32,
  propertyNames: { pattern: '^[a-z][a-z0-9_]{0,63}$' },
  additionalProperties: { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
});
const Fault = Type.Object(
  { err: Type.String({ maxLength: 64 }), description: Type.Optional(Type.String({ maxLength: 512 })) },
  { additionalProperties: false },
);
const byId = <Value extends object>(additionalProperties: object) =>
  Type.Unsafe<Readonly<Record<string, Value>>>({
    type: 'object',
    default: {},
    maxProperties: MAX_EVENTS,
    propertyNames: { pattern: UUID_PATTERN },
    additionalProperties,
  });
/** RFC 8936 §2.2, and with it what came of the events that are acknowledged. */
const Poll = Type.Object(
  {
    maxEvents: Type.Integer({ minimum: 0, maximum: MAX_EVENTS, default: MAX_EVENTS }),
    returnImmediately: Type.Boolean({ default: false }),
    ack: Type.Array(Type.String({ pattern: UUID_PATTERN }), { maxItems: MAX_EVENTS, default: [] }),
    setErrs: byId<{ err: string; description?: string }>(Fault),
    erased: byId<Readonly<Record<string, number>>>(Counts),
  },
  { additionalProperties: false },
);
const Sets = Type.Object({
  sets: Type.Unsafe<Readonly<Record<string, string>>>({
    type: 'object',
    additionalProperties: { type: 'string' },
    description: 'jti → Security Event Token (RFC 8417)',
  }),
  moreAvailable: Type.Boolean(),
});

/** Events for the services that have to act on them, delivered by polling (RFC 8936). */
export async function eventRoutes(app: Service, { delivery, clients }: EventRoutesOptions): Promise<void> {
  app.addHook('preClose', async () => delivery.close());

  app.post(
    '/auth/events/poll',
    {
      config: { scope: EVENTS_SCOPE },
      // Every replica of every room polls.
      logLevel: 'warn',
      schema: {
        summary: 'Events for the service that asks (RFC 8936)',
        description:
          "For a client's own token; it gets the events for its own resources. What is not acknowledged comes again. Beside `ack`, " +
          '`erased` says what was erased: jti → kind → count.',
        security: [{ accessToken: [] }],
        body: Poll,
        response: { 200: Sets, '4xx': ProblemSchema },
      },
    },
    async (request, reply) => {
      const { subject, clientId } = request.principal;
      const client = subject === clientId ? await clients.find(clientId) : undefined;
      if (client === undefined || client.ownResources.length === 0)
        throw new Problem('forbidden', 'Events are for clients that are a resource themselves.');
      const { ack, erased, setErrs, maxEvents, returnImmediately } = request.body;
      for (const [jti, { err, description }] of Object.entries(setErrs))
        app.log.warn({ jti, err, description, client: clientId }, 'an event was not believed');
      const gone = new AbortController();
      reply.raw.once('close', () => gone.abort());
      return delivery.poll({
        audiences: client.ownResources,
        settled: ack.map((id) => ({ id, counts: erased[id] ?? {} })),
        maxEvents,
        returnImmediately,
        gone: gone.signal,
      });
    },
  );
}
