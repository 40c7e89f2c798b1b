import { clientActor } from '../domain/audit.ts';
import { intersect } from '../domain/narrowing.ts';
import { refuse, type OAuthRefusal } from '../domain/oauth-error.ts';
import { judgeRefresh } from '../domain/refresh.ts';
import { hashRefreshToken, newSuccessorNonce, successorOf } from '../domain/refresh-token.ts';
import type { Revocation } from '../domain/revocation.ts';
import { scopesOfRoles, type Roles } from '../domain/roles.ts';
import {
  inSeconds,
  issuedToken,
  type SessionLifetimes,
  type SessionStore,
  type ShownRefreshToken,
} from '../domain/sessions.ts';
import type { GrantRequest, GrantSubject, GrantType } from './grant-type.ts';

interface RefreshParts {
  readonly sessions: SessionStore;
  readonly revocation: Revocation;
  readonly roles: Roles;
  readonly lifetimes: SessionLifetimes;
}

const INVALID = refuse('invalid_grant', 'The refresh token is not valid here, or no longer. Sign in again.');

/**
 * RFC 6749 §6 with rotation (RFC 9700 §4.14.2). Looks, judges, and then swaps by compare-and-swap; who loses the race looks
 * again and finds its token to be the previous one, which in the first seconds gives the very same successor.
 */
export function refreshTokenGrant({ sessions, revocation, roles, lifetimes }: RefreshParts): GrantType {
  return {
    name: 'refresh_token',
    async subject(request) {
      const token = request.form.get('refresh_token');
      if (token === undefined) return refuse('invalid_request', 'refresh_token is missing.');
      const hash = hashRefreshToken(token);
      return hash === undefined ? INVALID : look(request, token, hash);
    },
  };

  async function look(
    request: GrantRequest,
    token: string,
    hash: Buffer,
  ): Promise<GrantSubject | OAuthRefusal> {
    const { client, now } = request;
    const shown = await sessions.findByRefreshToken(hash);
    if (shown === undefined) return INVALID;
    const verdict = judgeRefresh(shown, client.id, now, lifetimes);
    if (verdict === 'reused') {
      const cause = { reason: 'refresh-token-reused', actor: clientActor(client.id) } as const;
      await revocation.revokeSession(shown.session.id, cause, now);
    }
    if (verdict !== 'live' && verdict !== 'repeat') return INVALID;
    const { session, user } = shown;
    const subject = {
      ok: true,
      subject: user.id,
      sessionId: session.id,
      // Asked anew at every issuance: what the user or the client has lost since is gone (security 80).
      ceiling: intersect(intersect(session, client), {
        scopes: scopesOfRoles(user.roles, roles),
        resources: session.resources,
      }),
    } as const;
    return verdict === 'live'
      ? { ...subject, commit: (claims) => rotate(request, token, hash, shown, issuedToken(claims)) }
      : repeat(subject, token, shown);
  }

  async function rotate(
    request: GrantRequest,
    token: string,
    presentedHash: Buffer,
    { session }: ShownRefreshToken,
    accessToken: ReturnType<typeof issuedToken>,
  ) {
    const { now } = request;
    const successorNonce = newSuccessorNonce();
    const refreshToken = successorOf(token, successorNonce);
    const rotated = await sessions.rotate({
      sessionId: session.id,
      presentedHash,
      successorHash: hashRefreshToken(refreshToken) as Buffer,
      successorNonce,
      refreshExpiresAt: inSeconds(now, lifetimes.idleSeconds),
      accessToken,
      now,
    });
    return rotated ? ({ ok: true, refreshToken } as const) : 'lost-race';
  }

  function repeat(
    subject: Omit<GrantSubject, 'commit' | 'again'>,
    token: string,
    { successorNonce, currentAccessToken }: ShownRefreshToken,
  ): GrantSubject | OAuthRefusal {
    if (successorNonce === null) return INVALID;
    const refreshToken = successorOf(token, successorNonce);
    return { ...subject, again: currentAccessToken, commit: async () => ({ ok: true, refreshToken }) };
  }
}
