import { randomUUID } from 'node:crypto';
import type { AccessTokenClaims } from './access-token.ts';
import { nameKey, type User, type UserStore } from './accounts.ts';
import { isClientId, SIGN_IN, type Client, type ClientStore } from './clients.ts';
import { intersect, narrow, type AskedGrant } from './narrowing.ts';
import type { OAuthRefusal } from './oauth-error.ts';
import { BUSY, type PasswordHashing } from './password-hashing.ts';
import { hashRefreshToken, newRefreshToken } from './refresh-token.ts';
import type { ResourceRegistry } from './resources.ts';
import { ADMIN_SCOPE, scopesOfRoles, type Roles } from './roles.ts';
import {
  inSeconds,
  issuedToken,
  type SessionLifetimes,
  type SessionOrigin,
  type SessionStore,
} from './sessions.ts';
import type { TokenIssuer } from './token-issuer.ts';

export interface SignInRequest extends AskedGrant {
  readonly name: string;
  readonly password: string;
  readonly clientId: string;
  readonly origin: SessionOrigin;
}

export type SignInResult =
  | {
      readonly ok: true;
      readonly accessToken: string;
      readonly claims: AccessTokenClaims;
      readonly refreshToken: string;
    }
  | { readonly ok: false; readonly reason: 'wrong-credentials' | 'unknown-client' | 'busy' }
  | { readonly ok: false; readonly reason: 'too-much'; readonly refusal: OAuthRefusal };

export interface SignInParts {
  readonly users: UserStore;
  readonly clients: ClientStore;
  readonly sessions: SessionStore;
  readonly passwords: PasswordHashing;
  readonly registry: ResourceRegistry;
  readonly roles: Roles;
  readonly tokens: TokenIssuer;
  readonly lifetimes: SessionLifetimes;
}

/** Signs a user in by name and password: begins a session and gives its first tokens. */
export function createSignIn(parts: SignInParts) {
  const { users, clients, sessions, passwords, registry, roles, tokens, lifetimes } = parts;

  return async function signIn(request: SignInRequest, now: Date): Promise<SignInResult> {
    const client = isClientId(request.clientId) ? await clients.find(request.clientId) : undefined;
    if (client === undefined || !maySignIn(client)) return { ok: false, reason: 'unknown-client' };
    const key = nameKey(request.name);
    const user = key === undefined ? undefined : await users.findByName(key);
    // The same work for a name that does not exist, so that time tells nothing (security 119).
    const matches = await passwords.verify(user?.passwordHash, request.password);
    if (matches === BUSY) return { ok: false, reason: 'busy' };
    if (!matches || user === undefined || user.disabledAt !== null)
      return { ok: false, reason: 'wrong-credentials' };
    return begin(request, user, client, now);
  };

  async function begin(request: SignInRequest, user: User, client: Client, now: Date): Promise<SignInResult> {
    const allowed = intersect(client, {
      scopes: scopesOfRoles(user.roles, roles),
      resources: registry.identifiers,
    });
    const ceiling = request.scope === undefined ? withoutAdministration(allowed) : allowed;
    const grant = narrow(ceiling, request, registry);
    if (!grant.ok) return { ok: false, reason: 'too-much', refusal: grant };
    const sessionId = randomUUID();
    const claims = await tokens.prepare({ ...grant, subject: user.id, clientId: client.id, sessionId }, now);
    const refreshToken = newRefreshToken();
    await sessions.begin({
      id: sessionId,
      userId: user.id,
      clientId: client.id,
      scopes: grant.scopes,
      resources: grant.resources,
      origin: request.origin,
      createdAt: now,
      lastUsedAt: now,
      expiresAt: inSeconds(now, lifetimes.absoluteSeconds),
      endedAt: null,
      refreshHash: hashRefreshToken(refreshToken) as Buffer,
      refreshExpiresAt: inSeconds(now, lifetimes.idleSeconds),
      accessToken: issuedToken(claims),
    });
    return { ok: true, accessToken: tokens.sign(claims, now), claims, refreshToken };
  }
}

function maySignIn(client: Client): boolean {
  return client.kind === 'public' && client.disabledAt === null && client.grants.includes(SIGN_IN);
}

/** An administrator's everyday card opens no more than anybody's: the right is given when it is asked for by name. */
function withoutAdministration(grant: { scopes: readonly string[]; resources: readonly string[] }) {
  return { ...grant, scopes: grant.scopes.filter((scope) => scope !== ADMIN_SCOPE) };
}
