import { randomUUID } from 'node:crypto';
import type { AccessTokenClaims } from './access-token.ts';
import { isClientId, SIGN_IN } from './clients.ts';
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
import type { SignInGuard } from './sign-in-guard.ts';
import type { TokenIssuer } from './token-issuer.ts';
import { nameKey, type User, type UserStore } from './users.ts';
import { familiarSince, type Visitor, type Visitors } from './visitors.ts';

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
  | { readonly ok: false; readonly reason: 'too-often'; readonly retryAfterSeconds: number }
  | { readonly ok: false; readonly reason: 'too-much'; readonly refusal: OAuthRefusal };

export interface SignInParts {
  readonly users: UserStore;
  readonly visitors: Visitors;
  readonly sessions: SessionStore;
  readonly passwords: PasswordHashing;
  readonly guard: SignInGuard;
  readonly registry: ResourceRegistry;
  readonly roles: Roles;
  readonly tokens: TokenIssuer;
  readonly lifetimes: SessionLifetimes;
}

/** Signs a user in by name and password: begins a session and gives its first tokens. */
export function createSignIn(parts: SignInParts) {
  const { users, visitors, sessions, passwords, guard, registry, roles, tokens, lifetimes } = parts;

  return async function signIn(request: SignInRequest, now: Date): Promise<SignInResult> {
    const { clientId } = request;
    if (!isClientId(clientId)) return { ok: false, reason: 'unknown-client' };
    const { addressPrefix } = request.origin;
    const visit = { clientId, nameKey: nameKey(request.name) ?? NO_NAME, addressPrefix };
    const { user, client, isFamiliar } = await visitors.find(visit, familiarSince(now));
    if (client === undefined || !maySignIn(client)) return { ok: false, reason: 'unknown-client' };
    const attempt = await guard.begin({ ...visit, isFamiliar }, now);
    if (!attempt.ok) return { ok: false, reason: 'too-often', retryAfterSeconds: attempt.retryAfterSeconds };
    // The same work for a name that does not exist, so that time tells nothing (security 119).
    const matches = await passwords.verify(user?.passwordHash, request.password);
    if (matches === BUSY) {
      await attempt.cancelled();
      return { ok: false, reason: 'busy' };
    }
    if (!matches || user === undefined || user.disabledAt !== null)
      return { ok: false, reason: 'wrong-credentials' };
    const begun = await begin(
      request,
      await rehashed(user, request.password),
      client,
      attempt.ownBucket,
      now,
    );
    if (begun.ok) await attempt.filled();
    return begun;
  };

  /** A password that was hashed at another cost is hashed at today's while it is at hand; when all are busy, another time. */
  async function rehashed(user: User, password: string): Promise<User> {
    if (!passwords.isOutdated(user.passwordHash)) return user;
    const passwordHash = await passwords.hash(password);
    if (passwordHash === BUSY) return user;
    if (await users.replacePassword(user.id, user.passwordHash, passwordHash))
      return { ...user, passwordHash };
    // Another sign-in was faster, or the password has been changed meanwhile.
    const fresh = await users.find(user.id);
    return fresh && (await passwords.verify(fresh.passwordHash, password)) === true ? fresh : user;
  }

  async function begin(
    request: SignInRequest,
    user: User,
    client: KnownClient,
    fills: string,
    now: Date,
  ): Promise<SignInResult> {
    const allowed = intersect(client, {
      scopes: scopesOfRoles(user.roles, roles),
      resources: registry.identifiers,
    });
    const ceiling = request.scope === undefined ? withoutAdministration(allowed) : allowed;
    const grant = narrow(ceiling, request, registry);
    if (!grant.ok) return { ok: false, reason: 'too-much', refusal: grant };
    const sessionId = randomUUID();
    const claims = await tokens.prepare({ ...grant, subject: user.id, clientId: client.id, sessionId }, now);
    if (claims === undefined) return { ok: false, reason: 'unknown-client' };
    const refreshToken = newRefreshToken();
    const session = {
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
    };
    if (!(await sessions.begin(session, user.passwordHash, fills)))
      return { ok: false, reason: 'wrong-credentials' };
    return { ok: true, accessToken: tokens.sign(claims, now), claims, refreshToken };
  }
}

type KnownClient = NonNullable<Visitor['client']>;

/** No name has this key. */
const NO_NAME = '';

function maySignIn(client: KnownClient): boolean {
  return client.kind === 'public' && client.disabledAt === null && client.grants.includes(SIGN_IN);
}

/** An administrator's everyday card opens no more than anybody's: the right is given when it is asked for by name. */
function withoutAdministration(grant: { scopes: readonly string[]; resources: readonly string[] }) {
  return { ...grant, scopes: grant.scopes.filter((scope) => scope !== ADMIN_SCOPE) };
}
