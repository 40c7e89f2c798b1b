import { randomBytes } from 'node:crypto';
import type { Service } from '@roomkey/service';
import { createTestDatabase } from '@roomkey/test-kit';
import { readSettings } from '../src/config.ts';
import { openReplica, type ReplicaOptions } from '../src/replica.ts';

export const ISSUER = 'https://desk.test';
export const AUTH = `${ISSUER}/auth`;
export const IMAGE = `${ISSUER}/image`;
export const PROFILE = `${ISSUER}/profile`;

/** One database, and as many replicas on it as a test wants. */
export interface Desk extends AsyncDisposable {
  readonly databaseUrl: string;
  replica(options?: ReplicaOptions & { env?: Readonly<Record<string, string>> }): Promise<Service>;
}

const KEY_ENCRYPTION_KEY = randomBytes(32).toString('base64');

export function settingsFor(
  databaseUrl: string,
  env: Readonly<Record<string, string>> = {},
): Record<string, string> {
  return {
    HOST: '127.0.0.1',
    PORT: '0',
    LOG_LEVEL: 'silent',
    CORS_ORIGINS: '*',
    ISSUER,
    RESOURCE: AUTH,
    DATABASE_URL: databaseUrl,
    DATABASE_CONNECTIONS: '5',
    KEY_ENCRYPTION_KEY,
    RESOURCES: JSON.stringify({
      image: { identifier: IMAGE, scopes: ['image:read', 'image:write'] },
      profile: { identifier: PROFILE, scopes: ['profile:read', 'profile:write'] },
    }),
    ARGON2_MEMORY_KIB: '64',
    ARGON2_PASSES: '1',
    ...env,
  };
}

export async function openDesk(): Promise<Desk> {
  const database = await createTestDatabase({ migrations: new URL('../migrations', import.meta.url) });
  const replicas: Service[] = [];
  return {
    databaseUrl: database.url,
    async replica({ env, ...options } = {}) {
      const app = await openReplica(readSettings(settingsFor(database.url, env)), options);
      replicas.push(app);
      return app;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(replicas.map((app) => app.close()));
      await database[Symbol.asyncDispose]();
    },
  };
}

export const PASSWORD = 'a lamp on a long table';

export interface SignedIn {
  readonly access_token: string;
  readonly expires_in: number;
  readonly refresh_token: string;
  readonly scope: string;
  readonly session_id: string;
}

export async function register(app: Service, name: string, password = PASSWORD): Promise<string> {
  const response = await app.inject({ method: 'POST', url: '/auth/accounts', payload: { name, password } });
  if (response.statusCode !== 201) throw new Error(`not registered: ${response.body}`);
  return response.json<{ id: string }>().id;
}

export async function signIn(
  app: Service,
  name: string,
  more: Readonly<Record<string, unknown>> = {},
): Promise<SignedIn> {
  const response = await app.inject({
    method: 'POST',
    url: '/auth/sessions',
    payload: { name, password: PASSWORD, ...more },
  });
  if (response.statusCode !== 201) throw new Error(`not signed in: ${response.body}`);
  return response.json<SignedIn>();
}

export function postForm(app: Service, url: string, form: Readonly<Record<string, string>> | string) {
  return app.inject({
    method: 'POST',
    url,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: typeof form === 'string' ? form : new URLSearchParams(form).toString(),
  });
}

export function refresh(app: Service, refreshToken: string, more: Readonly<Record<string, string>> = {}) {
  return postForm(app, '/auth/token', {
    grant_type: 'refresh_token',
    refresh_token: refreshToken,
    client_id: 'app',
    ...more,
  });
}

export function bearer(token: string): { authorization: string } {
  return { authorization: `Bearer ${token}` };
}

export function claimsOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<
    string,
    unknown
  >;
}
