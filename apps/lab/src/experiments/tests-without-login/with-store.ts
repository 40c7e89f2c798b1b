import { randomBytes } from 'node:crypto';
import { Signer } from '@fastify/cookie';
import { buildResourceService, cookieSession, type SessionStore } from '@roomkey/rivals';
import type { Session } from 'fastify';

/** A test that puts a session into the store, past the sign-in. */
export async function testWithStore(): Promise<readonly number[]> {
  const sessions = new Map<string, Session>();
  const store: SessionStore = {
    get: (id, done) => done(null, sessions.get(id)),
    set: (id, session, done) => done(void sessions.set(id, session)),
    destroy: (id, done) => done(void sessions.delete(id)),
  };
  const secret = randomBytes(32).toString('hex');
  const app = await buildResourceService(
    cookieSession(async () => store, secret),
    { servedBy: 'test' },
  );
  const id = randomBytes(24).toString('base64url');
  sessions.set(id, { cookie: {}, guest: { subject: 'ada', scopes: ['data:read'] } } as unknown as Session);
  const cookies = { session: new Signer(secret).sign(id) };
  const known = await app.inject({ url: '/documents', cookies });
  const unknown = await app.inject({ url: '/documents' });
  await app.close();
  return [known.statusCode, unknown.statusCode];
}
