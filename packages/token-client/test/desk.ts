import { randomUUID } from 'node:crypto';
import { openRecordingServer, type CannedAnswer } from '@roomkey/test-kit';
import {
  createTokenClient,
  generateClientKey,
  publicClientKey,
  type TokenClientOptions,
} from '../src/index.ts';

export const ISSUER = 'http://desk.test';
export const RESOURCE = 'http://desk.test/image';
export const TARGET = { resource: RESOURCE, scope: 'image:read' };
export const ACCESS_TOKEN_TYPE = 'urn:ietf:params:oauth:token-type:access_token';

/** A good answer of a token endpoint; what is given replaces members. */
export function tokenAnswer(members: Readonly<Record<string, unknown>> = {}): CannedAnswer {
  const body = {
    access_token: randomUUID(),
    issued_token_type: ACCESS_TOKEN_TYPE,
    token_type: 'Bearer',
    expires_in: 300,
    scope: 'image:read',
    ...members,
  };
  return { body };
}

/** A desk over real HTTP that gives another token each time, and a client of it with a key of its own. */
export async function openDesk(
  answer: (form: URLSearchParams) => ReturnType<Parameters<typeof openRecordingServer>[0]> = () =>
    tokenAnswer(),
  options: Partial<TokenClientOptions> = {},
) {
  const server = await openRecordingServer(({ body }) => answer(new URLSearchParams(body.toString())));
  const privateKey = generateClientKey();
  return {
    tokens: createTokenClient({
      issuer: ISSUER,
      tokenUrl: `${server.origin}/auth/token`,
      clientId: 'profile',
      privateKey,
      ...options,
    }),
    publicKey: publicClientKey(privateKey),
    received: server.received,
    forms: () => server.received.map(({ body }) => new URLSearchParams(body.toString())),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** A room over real HTTP; says which token it was shown. */
export const openRoom = (
  answer: Parameters<typeof openRecordingServer>[0] = () => ({ body: { ok: true } }),
) => openRecordingServer(answer);

export const bearerOf = ({ headers }: { headers: Readonly<Record<string, unknown>> }): string =>
  String(headers['authorization']).replace('Bearer ', '');
