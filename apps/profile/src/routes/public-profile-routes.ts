import {
  decodeCursor,
  encodeCursor,
  formatETag,
  matchesIfNoneMatch,
  Problem,
  type Service,
} from '@roomkey/service';
import { Type } from '@roomkey/schema';
import type { Avatars } from '../domain/avatars.ts';
import { handleKey, type Profiles } from '../domain/profiles.ts';
import { readAvatar } from './avatar-schemas.ts';
import { publicView } from './own-profile.ts';
import * as schemas from './profile-schemas.ts';

const Position = Type.Object({ after: Type.String({ pattern: '^[a-z][a-z0-9_]{2,29}$' }) });
const read = { scope: 'profile:read' };

/** What every signed-in user sees of the others. */
export async function publicProfileRoutes(
  app: Service,
  { profiles }: { profiles: Profiles & Avatars },
): Promise<void> {
  app.get('/profiles', { config: read, schema: schemas.searchProfiles }, async (request) => {
    const { prefix, cursor, limit } = request.query;
    const after = decodeCursor(Position, cursor)?.after;
    const { items, more } = await profiles.search(prefix, { after, limit });
    const last = items.at(-1);
    return {
      items: items.map((profile) => publicView(profile, app.prefix)),
      ...(more && last && { next: encodeCursor({ after: handleKey(last.handle) }) }),
    };
  });

  app.get('/profiles/:handle', { config: read, schema: schemas.readProfile }, async (request) => {
    const profile = await profiles.findByHandle(request.params.handle);
    if (!profile) throw new Problem('not-found', 'Nobody has this handle.');
    return publicView(profile, app.prefix);
  });

  app.get('/profiles/:handle/avatar', { config: read, schema: readAvatar }, async (request, reply) => {
    const { handle } = request.params;
    const picture = await profiles.findAvatar(handle);
    if (!picture) throw new Problem('not-found', 'Nobody has this handle, or they show no picture.');
    const etag = formatETag(picture.tag);
    void reply.headers({
      etag,
      'cache-control': 'private, no-cache',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
    });
    if (matchesIfNoneMatch(request.headers['if-none-match'], etag)) return reply.code(304).send(undefined);
    return reply
      .headers({ 'content-type': 'image/webp', 'content-disposition': `inline; filename="${handle}.webp"` })
      .send(picture.bytes);
  });
}
