import { Type } from '@roomkey/schema';
import type { Session } from '../domain/sessions.ts';

const SessionSchema = Type.Object({
  id: Type.String({ format: 'uuid' }),
  user_id: Type.String({ format: 'uuid' }),
  client_id: Type.String(),
  scope: Type.String(),
  address: Type.String(),
  user_agent: Type.Union([Type.String(), Type.Null()]),
  created_at: Type.String({ format: 'date-time' }),
  last_used_at: Type.String({ format: 'date-time' }),
  expires_at: Type.String({ format: 'date-time' }),
  current: Type.Boolean({ description: 'whether it is the session of the token that asks' }),
});

export const SessionList = Type.Object({ sessions: Type.Array(SessionSchema) });

export function sessionOnTheWire(session: Session, currentId?: string) {
  return {
    id: session.id,
    user_id: session.userId,
    client_id: session.clientId,
    scope: session.scopes.join(' '),
    address: session.origin.address,
    user_agent: session.origin.userAgent,
    created_at: session.createdAt.toISOString(),
    last_used_at: session.lastUsedAt.toISOString(),
    expires_at: session.expiresAt.toISOString(),
    current: session.id === currentId,
  };
}
