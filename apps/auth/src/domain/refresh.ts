import type { SessionLifetimes, ShownRefreshToken } from './sessions.ts';

/**
 * What a refresh token that is shown amounts to. *live*: rotate. *repeat*: its holder lost the last answer, give it again.
 * *reused*: two parties hold the family, end it (RFC 9700 §4.14.2). The rest: refuse.
 */
export type RefreshVerdict = 'live' | 'repeat' | 'reused' | 'expired' | 'ended' | 'foreign' | 'disabled';

export function judgeRefresh(
  shown: ShownRefreshToken,
  clientId: string,
  now: Date,
  { repeatSeconds }: SessionLifetimes,
): RefreshVerdict {
  const { session, user, place } = shown;
  // Another client's token: it learns nothing, and cannot end what is not its own.
  if (session.clientId !== clientId) return 'foreign';
  if (session.endedAt !== null) return 'ended';
  if (session.expiresAt <= now || shown.refreshExpiresAt <= now) return 'expired';
  if (user.disabledAt !== null) return 'disabled';
  if (place === 'current') return 'live';
  const isRecent =
    shown.rotatedAt !== null && now.getTime() - shown.rotatedAt.getTime() <= repeatSeconds * 1_000;
  return place === 'previous' && isRecent ? 'repeat' : 'reused';
}
