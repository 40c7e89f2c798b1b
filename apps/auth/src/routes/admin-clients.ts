import type { Principal } from '@roomkey/resource-server';
import { Problem, ProblemSchema, type Service } from '@roomkey/service';
import { Type } from '@roomkey/schema';
import type { Administration } from '../domain/administration.ts';
import { actorOf } from '../domain/audit.ts';
import { ClientSchema, definitionOf, wireOf } from '../domain/client-definition.ts';
import type { Client, ClientRegistry } from '../domain/clients.ts';
import { requireDone } from './admin-result.ts';

interface AdminClientRoutesOptions {
  readonly administration: Administration;
  readonly clients: ClientRegistry;
  readonly now: () => Date;
}

const ClientId = Type.Object({ id: Type.String({ pattern: '^[A-Za-z0-9._-]{1,64}$' }) });
const { id: _id, ...definition } = ClientSchema.properties;
const Definition = Type.Object(definition, { additionalProperties: false });
const Registered = Type.Object({
  ...ClientSchema.properties,
  declared: Type.Boolean({ description: 'by the settings, which own it' }),
  created_at: Type.String({ format: 'date-time' }),
  disabled: Type.Boolean(),
});
const Change = Type.Object({ disabled: Type.Boolean() }, { additionalProperties: false });

export async function adminClientRoutes(app: Service, options: AdminClientRoutesOptions): Promise<void> {
  const { administration, clients, now } = options;
  const admin = { config: { scope: 'admin' } } as const;
  const security = [{ accessToken: [] }];
  const act = (principal: Principal) => ({ actor: actorOf(principal), now: now() });
  const done = { 204: Type.Null(), '4xx': ProblemSchema };
  const one = { 200: Registered, '4xx': ProblemSchema };

  app.get(
    '/auth/admin/clients',
    {
      ...admin,
      schema: {
        summary: 'Clients',
        security,
        response: { 200: Type.Object({ clients: Type.Array(Registered) }), '4xx': ProblemSchema },
      },
    },
    async () => ({ clients: (await clients.all()).map(registered) }),
  );

  app.get(
    '/auth/admin/clients/:id',
    { ...admin, schema: { summary: 'A client', security, params: ClientId, response: one } },
    async ({ params }) => load(params.id),
  );

  app.put(
    '/auth/admin/clients/:id',
    {
      ...admin,
      schema: {
        summary: 'Register or replace a client',
        security,
        params: ClientId,
        body: Definition,
        response: one,
      },
    },
    async ({ params, body, principal }) => {
      const wanted = definitionOf({ ...body, id: params.id });
      requireDone(await administration.putClient(wanted, act(principal)));
      return load(params.id);
    },
  );

  app.patch(
    '/auth/admin/clients/:id',
    {
      ...admin,
      schema: {
        summary: 'Disable (and revoke what it holds) or enable',
        security,
        params: ClientId,
        body: Change,
        response: done,
      },
    },
    async ({ params, body, principal }, reply) => {
      requireDone(await administration.setClientDisabled(params.id, body.disabled, act(principal)));
      return reply.code(204).send(null);
    },
  );

  app.delete(
    '/auth/admin/clients/:id/tokens',
    {
      ...admin,
      schema: { summary: 'Revoke what a client holds', security, params: ClientId, response: done },
    },
    async ({ params, principal }, reply) => {
      requireDone(await administration.revokeClientTokens(params.id, act(principal)));
      return reply.code(204).send(null);
    },
  );

  app.delete(
    '/auth/admin/clients/:id',
    {
      ...admin,
      schema: {
        summary: 'Remove a client, and revoke what it holds',
        security,
        params: ClientId,
        response: done,
      },
    },
    async ({ params, principal }, reply) => {
      requireDone(await administration.removeClient(params.id, act(principal)));
      return reply.code(204).send(null);
    },
  );

  async function load(id: string) {
    const client = await clients.find(id);
    if (client === undefined) throw new Problem('not-found', 'There is none of this id.');
    return registered(client);
  }
}

function registered(client: Client) {
  return {
    ...wireOf(client),
    declared: client.declared,
    created_at: client.createdAt.toISOString(),
    disabled: client.disabledAt !== null,
  };
}
