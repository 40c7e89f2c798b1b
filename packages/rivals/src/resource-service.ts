import fastify, { type FastifyInstance } from 'fastify';
import type { Design } from './designs/design.ts';
import { isBehindTls } from './settings.ts';

export const SCOPES = ['data:read', 'data:write'] as const;

const DOCUMENTS = [
  { id: '1', text: 'the pool closes at ten' },
  { id: '2', text: 'breakfast from seven' },
];

const documents = {
  type: 'object',
  properties: {
    subject: { type: 'string' },
    servedBy: { type: 'string' },
    documents: {
      type: 'array',
      items: { type: 'object', properties: { id: { type: 'string' }, text: { type: 'string' } } },
    },
  },
} as const;

const refusal = { type: 'object', properties: { error: { type: 'string' } } } as const;
const REFUSAL = { error: 'nobody is signed in' };

/**
 * One resource service, the same in every design but for how it knows who asks: reading, writing, signing in and out. It logs
 * nothing and serializes by schema.
 *
 * @param options.servedBy names the replica in answers
 * @param options.isPassword what somebody has to know who signs in; anything unless given
 */
export async function buildResourceService(
  design: Design,
  {
    servedBy,
    isPassword = async () => true,
  }: { servedBy: string; isPassword?: (password: string) => Promise<boolean> },
): Promise<FastifyInstance> {
  const app = fastify({ keepAliveTimeout: 120_000, trustProxy: isBehindTls });
  app.decorateRequest('guest', null);
  const guard = await design(app);
  const { recognize } = guard;
  const door = recognize === undefined ? {} : { onRequest: recognize };
  const written = new Map<string, number>();

  for (const path of ['/healthz', '/readyz'])
    app.get(path, { config: { public: true } }, async () => ({ ok: true }));

  app.get(
    '/documents',
    { config: { scope: SCOPES[0] }, schema: { response: { 200: documents, 401: refusal } }, ...door },
    async (request, reply) => {
      const guest = request.guest;
      if (recognize !== undefined && !guest?.scopes.includes(SCOPES[0])) return reply.code(401).send(REFUSAL);
      return { subject: guest?.subject ?? '', servedBy, documents: DOCUMENTS };
    },
  );

  app.post('/documents', { config: { scope: SCOPES[1] }, ...door }, async (request, reply) => {
    const guest = request.guest;
    if (!guest?.scopes.includes(SCOPES[1])) return reply.code(401).send(REFUSAL);
    const count = (written.get(guest.subject) ?? 0) + 1;
    written.set(guest.subject, count);
    return reply.code(201).send({ subject: guest.subject, written: count });
  });

  app.post<{ Body: { name: string; password: string } }>(
    '/sessions',
    { config: { public: true }, schema: { body: SIGN_IN } },
    async (request, reply) => {
      if (!(await isPassword(request.body.password))) return reply.code(401).send(REFUSAL);
      const told = await guard.signIn(request, reply, { subject: request.body.name, scopes: SCOPES });
      return reply.code(201).send(told);
    },
  );

  app.delete('/sessions/current', { config: { scope: SCOPES[0] }, ...door }, async (request, reply) => {
    if (request.guest === null) return reply.code(401).send(REFUSAL);
    await guard.signOut(request);
    return reply.code(204).send();
  });

  return app;
}

const SIGN_IN = {
  type: 'object',
  required: ['name', 'password'],
  properties: { name: { type: 'string' }, password: { type: 'string' } },
} as const;
