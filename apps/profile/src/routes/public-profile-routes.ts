import { decodeCursor, encodeCursor, Problem, type Service } from '@roomkey/service';
import { Type } from 'typebox';
import { handleKey, type Profiles, type StoredProfile } from '../domain/profiles.ts';
import * as schemas from './profile-schemas.ts';

const Position = Type.Object({ after: Type.String({ pattern: '^[a-z][a-z0-9_]{2,29}$' }) });
const read = { scope: 'profile:read' };

/** What every signed-in user sees of the others. */
export async function publicProfileRoutes(app: Service, { profiles }: { profiles: Profiles }): Promise<void> {
  app.get('/profiles', { config: read, schema: schemas.searchProfiles }, async (request) => {
    const { prefix, cursor, limit } = request.query;
    const after = decodeCursor(Position, cursor)?.after;
    const { items, more } = await profiles.search(prefix, { after, limit });
    const last = items.at(-1);
    return {
      items: items.map(publicView),
      ...(more && last && { next: encodeCursor({ after: handleKey(last.handle) }) }),
    };
  });

  app.get('/profiles/:handle', { config: read, schema: schemas.readProfile }, async (request) => {
    const profile = await profiles.findByHandle(request.params.handle);
    if (!profile) throw new Problem('not-found', 'Nobody has this handle.');
    return publicView(profile);
  });
}

function publicView({ handle, displayName, bio, links }: StoredProfile) {
  return { handle, displayName, bio, links: [...links] };
}
