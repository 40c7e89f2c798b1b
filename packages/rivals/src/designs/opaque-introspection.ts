import type { FastifyRequest } from 'fastify';
import { Pool } from 'undici';
import { optionalSetting, setting } from '../settings.ts';
import { bearerOf, type Design, type Guest } from './design.ts';

const CONNECTIONS = 32;

/**
 * An opaque token that every replica asks the desk about (RFC 7662), over connections that are kept. With the setting
 * INTROSPECTION_CACHE_MS an answer is believed for that long (RFC 7662 §4), at the price of later revocation.
 */
export const opaqueIntrospection: Design = async () => {
  const desk = new Pool(setting('INTROSPECTION_URL'), { connections: CONNECTIONS });
  const cacheMs = Number(optionalSetting('INTROSPECTION_CACHE_MS') ?? 0);
  const believed = new Map<string, { readonly guest: Guest | null; readonly until: number }>();

  async function ask(path: string, form: Record<string, string>): Promise<unknown> {
    const { statusCode, body } = await desk.request({
      method: 'POST',
      path,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(form).toString(),
    });
    if (statusCode !== 200) throw new Error(`the desk answers ${statusCode}`);
    return body.json();
  }

  async function introspect(token: string): Promise<Guest | null> {
    const known = believed.get(token);
    if (known !== undefined && known.until > Date.now()) return known.guest;
    const answer = (await ask('/introspect', { token })) as { active: boolean; sub: string; scope: string };
    const guest = answer.active ? { subject: answer.sub, scopes: answer.scope.split(' ') } : null;
    if (cacheMs > 0) believed.set(token, { guest, until: Date.now() + cacheMs });
    return guest;
  }

  return {
    async recognize(request: FastifyRequest) {
      const token = bearerOf(request);
      request.guest = token === undefined ? null : await introspect(token);
    },
    async signIn(_request, _reply, { subject, scopes }) {
      return (await ask('/tokens', { sub: subject, scope: scopes.join(' ') })) as object;
    },
    async signOut(request) {
      const token = bearerOf(request);
      if (token !== undefined) await ask('/revoke', { token });
    },
  };
};
