import { Problem } from '@roomkey/service';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Owner } from '../domain/image.ts';
import { noSuchImage } from './refusals.ts';

const MAX_AGE_SECONDS = 300;
/** A browser that is tricked into showing a picture as a page shows a page that can do nothing. */
const PICTURE_POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox";

/** Who asks, on routes that let in requests without a token. */
export const readerOf = ({ principal }: FastifyRequest): Owner | undefined => principal ?? undefined;

/**
 * What somebody is told who may not see an image. It is the same whether there is none or it is another's; a stranger is asked
 * who they are, and the holder of a link learns that it does not open anything.
 */
export function unreadable(reader: Owner | undefined, cameByLink: boolean): Problem {
  if (cameByLink)
    return new Problem('forbidden', 'This link is not for this picture, or no longer; ask for a new one.');
  if (reader) return noSuchImage();
  return new Problem(
    'unauthorized',
    'This image is not public; send an access token: Authorization: Bearer …',
    {
      'www-authenticate': 'Bearer',
    },
  );
}

export interface Freshness {
  readonly etag: string;
  readonly isPublic: boolean;
  /** When the right to see it ends, where that is known. */
  readonly until?: Date | undefined;
}

/**
 * Pictures never change, but rights do. The owner's own caches keep what is private for as long as a token lives, and another
 * token is another answer (security 136); everybody's caches keep what is public, no longer than that either.
 */
export function letCachesKeep(
  reply: Pick<FastifyReply, 'getHeader' | 'headers'>,
  { etag, isPublic, until }: Freshness,
): void {
  const secondsLeft =
    until === undefined ? MAX_AGE_SECONDS : Math.floor((until.getTime() - Date.now()) / 1_000);
  const maxAge = Math.max(0, Math.min(MAX_AGE_SECONDS, secondsLeft));
  const vary = [reply.getHeader('vary'), isPublic ? undefined : 'Authorization'].filter(Boolean).join(', ');
  void reply.headers({
    'cache-control': `${isPublic ? 'public' : 'private'}, max-age=${maxAge}`,
    'content-security-policy': PICTURE_POLICY,
    ...(vary !== '' && { vary }),
    etag,
  });
}
