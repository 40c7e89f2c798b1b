import type { Principal } from '@roomkey/resource-server';
import { Problem, ProblemSchema, type Service } from '@roomkey/service';
import { Type } from '@roomkey/schema';
import type { Administration } from '../domain/administration.ts';
import { actorOf } from '../domain/audit.ts';
import type { SessionStore } from '../domain/sessions.ts';
import type { User, UserStore } from '../domain/users.ts';
import { UUID_PATTERN } from '../domain/uuid.ts';
import { requireDone } from './admin-result.ts';
import { SessionList, sessionOnTheWire } from './session-schema.ts';

interface AdminUserRoutesOptions {
  readonly administration: Administration;
  readonly users: UserStore;
  readonly sessions: SessionStore;
  readonly now: () => Date;
}

const Id = Type.Object({ id: Type.String({ pattern: UUID_PATTERN }) });
const UserSchema = Type.Object({
  id: Type.String({ format: 'uuid' }),
  name: Type.String(),
  roles: Type.Array(Type.String()),
  created_at: Type.String({ format: 'date-time' }),
  disabled: Type.Boolean(),
});
const Page = Type.Object(
  {
    name: Type.String({ maxLength: 64, default: '', description: 'beginning of the name' }),
    after: Type.String({
      maxLength: 64,
      default: '',
      description: 'name of the last user of the page before',
    }),
    limit: Type.Integer({ minimum: 1, maximum: 200, default: 50 }),
  },
  { additionalProperties: false },
);
const Change = Type.Object(
  {
    disabled: Type.Optional(Type.Boolean()),
    roles: Type.Optional(Type.Array(Type.String({ maxLength: 64 }), { maxItems: 32 })),
  },
  { additionalProperties: false, minProperties: 1 },
);

export async function adminUserRoutes(app: Service, options: AdminUserRoutesOptions): Promise<void> {
  const { administration, users, sessions, now } = options;
  const admin = { config: { scope: 'admin' } } as const;
  const security = [{ accessToken: [] }];
  const act = (principal: Principal) => ({ actor: actorOf(principal), now: now() });
  const done = { 204: Type.Null(), '4xx': ProblemSchema };

  app.get(
    '/auth/admin/users',
    {
      ...admin,
      schema: {
        summary: 'Users by name',
        security,
        querystring: Page,
        response: { 200: Type.Object({ users: Type.Array(UserSchema) }), '4xx': ProblemSchema },
      },
    },
    async ({ query: { name, after, limit } }) => {
      if (`${name}${after}`.includes('\0'))
        throw new Problem('invalid-request', 'A name has no such character.');
      const page = await users.list({ namePrefix: name.toLowerCase(), after: after.toLowerCase(), limit });
      return { users: page.map(userOnTheWire) };
    },
  );

  app.get(
    '/auth/admin/users/:id',
    {
      ...admin,
      schema: {
        summary: 'A user',
        security,
        params: Id,
        response: { 200: UserSchema, '4xx': ProblemSchema },
      },
    },
    async ({ params }) => userOnTheWire(await load(params.id)),
  );

  app.patch(
    '/auth/admin/users/:id',
    {
      ...admin,
      schema: {
        summary: 'Disable (and end all sessions), enable, change roles',
        security,
        params: Id,
        body: Change,
        response: done,
      },
    },
    async ({ params, body, principal }, reply) => {
      if (body.roles !== undefined)
        requireDone(await administration.setUserRoles(params.id, body.roles, act(principal)));
      if (body.disabled !== undefined)
        requireDone(await administration.setUserDisabled(params.id, body.disabled, act(principal)));
      return reply.code(204).send(null);
    },
  );

  app.get(
    '/auth/admin/users/:id/sessions',
    {
      ...admin,
      schema: {
        summary: "A user's sessions",
        security,
        params: Id,
        response: { 200: SessionList, '4xx': ProblemSchema },
      },
    },
    async ({ params, principal }) => {
      const { id } = await load(params.id);
      const live = await sessions.ofUser(id, now());
      return { sessions: live.map((session) => sessionOnTheWire(session, principal.sessionId)) };
    },
  );

  app.delete(
    '/auth/admin/users/:id/sessions',
    { ...admin, schema: { summary: "End all of a user's sessions", security, params: Id, response: done } },
    async ({ params, principal }, reply) => {
      const { id } = await load(params.id);
      await administration.endSessionsOfUser(id, act(principal));
      return reply.code(204).send(null);
    },
  );

  app.delete(
    '/auth/admin/sessions/:id',
    { ...admin, schema: { summary: 'End a session', security, params: Id, response: done } },
    async ({ params, principal }, reply) => {
      requireDone(await administration.endSession(params.id, act(principal)));
      return reply.code(204).send(null);
    },
  );

  async function load(id: string): Promise<User> {
    const user = await users.find(id);
    if (user === undefined) throw new Problem('not-found', 'There is none of this id.');
    return user;
  }
}

function userOnTheWire(user: User) {
  return {
    id: user.id,
    name: user.name,
    roles: [...user.roles],
    created_at: user.createdAt.toISOString(),
    disabled: user.disabledAt !== null,
  };
}
