import { ProblemSchema, type Service } from '@roomkey/service';
import { Type } from '@roomkey/schema';
import type { Administration } from '../domain/administration.ts';
import { actorOf } from '../domain/audit.ts';
import type { KeyOverview } from '../domain/signing-keys.ts';
import { requireDone } from './admin-result.ts';

interface AdminKeyRoutesOptions {
  readonly administration: Administration;
  readonly keys: () => Promise<readonly KeyOverview[]>;
  readonly now: () => Date;
}

const Time = Type.String({ format: 'date-time' });
const Keys = Type.Object({
  keys: Type.Array(
    Type.Object({
      kid: Type.String(),
      state: Type.String({ description: 'pending, active, retiring or removed' }),
      published_at: Time,
      activates_at: Time,
      revoked_at: Type.Union([Time, Type.Null()]),
    }),
  ),
});
const KeyId = Type.Object({ kid: Type.String({ maxLength: 128 }) });

export async function adminKeyRoutes(app: Service, options: AdminKeyRoutesOptions): Promise<void> {
  const { administration, keys, now } = options;
  const admin = { config: { scope: 'admin' } } as const;
  const security = [{ accessToken: [] }];

  app.get(
    '/auth/admin/keys',
    {
      ...admin,
      schema: { summary: 'Signing keys', security, response: { 200: Keys, '4xx': ProblemSchema } },
    },
    async () => ({
      keys: (await keys()).map((key) => ({
        kid: key.kid,
        state: key.state,
        published_at: key.publishedAt.toISOString(),
        activates_at: key.activatesAt.toISOString(),
        revoked_at: key.revokedAt?.toISOString() ?? null,
      })),
    }),
  );

  app.post(
    '/auth/admin/keys',
    {
      ...admin,
      schema: {
        summary: 'Publish the next signing key; it signs after the pending time',
        security,
        response: { 201: Type.Object({ kid: Type.String() }), '4xx': ProblemSchema },
      },
    },
    async ({ principal }, reply) => {
      const kid = await administration.rotateKeys({ actor: actorOf(principal), now: now() });
      return reply.code(201).send({ kid });
    },
  );

  app.delete(
    '/auth/admin/keys/:kid',
    {
      ...admin,
      schema: {
        summary: 'Revoke a signing key that has leaked',
        description:
          'At once, without the pending time. The cost: every token it signed is refused, so every client must refresh; and until each verifier has fetched its successor (seconds), new tokens are refused there too.',
        security,
        params: KeyId,
        response: { 204: Type.Null(), '4xx': ProblemSchema },
      },
    },
    async ({ params, principal }, reply) => {
      requireDone(await administration.revokeKey(params.kid, { actor: actorOf(principal), now: now() }));
      return reply.code(204).send(null);
    },
  );
}
