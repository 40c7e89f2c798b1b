import { randomBytes } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { bearerOf, type Design, type Guest, LIFETIME_SECONDS } from './design.ts';
import { openRedis } from './redis-store.ts';

const RANDOM_BYTES = 32;

/** An opaque token that every replica looks up in Redis: a session without a cookie, and the leanest look-up there is. */
export const opaqueRedis: Design = async () => {
  const redis = await openRedis();
  const key = (token: string): string => `token:${token}`;
  return {
    async recognize(request: FastifyRequest) {
      const token = bearerOf(request);
      const text = token === undefined ? null : await redis.get(key(token));
      request.guest = text === null ? null : (JSON.parse(text) as Guest);
    },
    async signIn(_request, _reply, guest) {
      const token = randomBytes(RANDOM_BYTES).toString('base64url');
      await redis.set(key(token), JSON.stringify(guest), {
        expiration: { type: 'EX', value: LIFETIME_SECONDS },
      });
      return { access_token: token };
    },
    async signOut(request) {
      const token = bearerOf(request);
      if (token !== undefined) await redis.del(key(token));
    },
  };
};
