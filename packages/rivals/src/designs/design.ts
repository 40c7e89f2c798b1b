import type {
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  onRequestAsyncHookHandler,
  onRequestHookHandler,
} from 'fastify';
import { optionalSetting } from '../settings.ts';

/** Who asks, and what they may do. */
export interface Guest {
  readonly subject: string;
  readonly scopes: readonly string[];
}

declare module 'fastify' {
  interface FastifyRequest {
    guest: Guest | null;
  }
}

/** How a service knows who asks. */
export interface Guard {
  /** Sets `request.guest` where the request shows that somebody is signed in; leaves it `null` otherwise. */
  readonly recognize?: onRequestHookHandler | onRequestAsyncHookHandler;
  /** Remembers that somebody is signed in; returns what the client is told in the body. */
  readonly signIn: (request: FastifyRequest, reply: FastifyReply, guest: Guest) => Promise<object>;
  readonly signOut: (request: FastifyRequest) => Promise<void>;
}

/** Registers what it needs, before any route, and gives the guard. */
export type Design = (app: FastifyInstance) => Promise<Guard>;

/** Of a session or an opaque token; one and the same in every design. */
export const LIFETIME_SECONDS = Number(optionalSetting('LIFETIME_SECONDS') ?? 3_600);

/** The opaque text of an `Authorization: Bearer …` header, if there is one. */
export function bearerOf(request: FastifyRequest): string | undefined {
  const { authorization } = request.headers;
  return authorization?.startsWith('Bearer ') ? authorization.slice(7) : undefined;
}
