import { ProblemSchema, type Service } from '@roomkey/service';
import { Type } from '@roomkey/schema';
import type { AuditLog } from '../domain/audit.ts';

interface AdminAuditRoutesOptions {
  readonly audit: AuditLog;
}

const Query = Type.Object(
  {
    before: Type.Optional(Type.String({ pattern: '^[0-9]{1,18}$', description: 'entries before this id' })),
    actor: Type.Optional(Type.String({ pattern: '^[ -~]{1,200}$' })),
    target: Type.Optional(Type.String({ pattern: '^[ -~]{1,200}$' })),
    limit: Type.Integer({ minimum: 1, maximum: 500, default: 100 }),
  },
  { additionalProperties: false },
);
const Entries = Type.Object({
  entries: Type.Array(
    Type.Object({
      id: Type.String(),
      at: Type.String({ format: 'date-time' }),
      actor: Type.String(),
      action: Type.String(),
      target_kind: Type.String(),
      target: Type.String(),
      details: Type.Object({}, { additionalProperties: true }),
    }),
  ),
});

export async function adminAuditRoutes(app: Service, { audit }: AdminAuditRoutesOptions): Promise<void> {
  app.get(
    '/auth/admin/audit',
    {
      config: { scope: 'admin' },
      schema: {
        summary: 'Who did what to whom, when; the newest first',
        security: [{ accessToken: [] }],
        querystring: Query,
        response: { 200: Entries, '4xx': ProblemSchema },
      },
    },
    async ({ query }) => {
      const entries = await audit.list(query);
      return {
        entries: entries.map(({ id, at, actor, action, targetKind, target, details }) => ({
          id,
          at: at.toISOString(),
          actor,
          action,
          target_kind: targetKind,
          target,
          details: { ...details },
        })),
      };
    },
  );
}
