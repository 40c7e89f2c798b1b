import { Problem, ProblemSchema, type Service } from '@roomkey/service';
import { Type } from '@roomkey/schema';
import { userActor } from '../domain/audit.ts';
import type { Revocation } from '../domain/revocation.ts';
import type { SessionStore } from '../domain/sessions.ts';
import { isUuid, UUID_PATTERN } from '../domain/uuid.ts';
import { SessionList, sessionOnTheWire } from './session-schema.ts';

interface SessionRoutesOptions {
  readonly sessions: SessionStore;
  readonly revocation: Revocation;
  readonly now: () => Date;
}

const SessionId = Type.Object({ id: Type.String({ pattern: UUID_PATTERN }) });
const All = Type.Object({ except: Type.Optional(Type.Literal('current')) }, { additionalProperties: false });

/** A user's own sessions (security 122). */
export async function sessionRoutes(app: Service, options: SessionRoutesOptions): Promise<void> {
  const { sessions, revocation, now } = options;
  const own = { config: { scope: 'account' } } as const;
  const look = { config: { scope: 'account:read' } } as const;
  const security = [{ accessToken: [] }];
  const ended = { 204: Type.Null(), '4xx': ProblemSchema };

  app.get(
    '/auth/sessions',
    {
      ...look,
      schema: { summary: 'My sessions', security, response: { 200: SessionList, '4xx': ProblemSchema } },
    },
    async ({ principal }) => {
      const mine = isUuid(principal.subject) ? await sessions.ofUser(principal.subject, now()) : [];
      return { sessions: mine.map((session) => sessionOnTheWire(session, principal.sessionId)) };
    },
  );

  app.delete(
    '/auth/sessions/current',
    { ...own, schema: { summary: 'Sign out', security, response: ended } },
    async ({ principal }, reply) => {
      const { sessionId, subject } = principal;
      if (sessionId === undefined) throw new Problem('not-found', 'This token belongs to no session.');
      await revocation.revokeSession(sessionId, { reason: 'signed-out', actor: userActor(subject) }, now());
      return reply.code(204).send(null);
    },
  );

  app.delete(
    '/auth/sessions/:id',
    { ...own, schema: { summary: 'End one of my sessions', security, params: SessionId, response: ended } },
    async ({ params, principal: { subject } }, reply) => {
      const mine = isUuid(subject) ? await sessions.ofUser(subject, now()) : [];
      // Somebody else's session is answered like one that does not exist.
      if (!mine.some((session) => session.id === params.id.toLowerCase()))
        throw new Problem('not-found', 'You have no such session.');
      await revocation.revokeSession(
        params.id,
        { reason: 'ended-by-user', actor: userActor(subject) },
        now(),
      );
      return reply.code(204).send(null);
    },
  );

  app.delete(
    '/auth/sessions',
    { ...own, schema: { summary: 'End all my sessions', security, querystring: All, response: ended } },
    async ({ query, principal: { subject, sessionId } }, reply) => {
      const keep = query.except === 'current' ? sessionId : undefined;
      if (isUuid(subject))
        await revocation.revokeUser(
          subject,
          { reason: 'ended-by-user', actor: userActor(subject) },
          now(),
          keep,
        );
      return reply.code(204).send(null);
    },
  );
}
