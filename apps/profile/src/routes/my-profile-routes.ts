import {
  formatETag,
  matchesIfNoneMatch,
  Problem,
  requireIfMatch,
  versionsIn,
  type Service,
} from '@roomkey/service';
import type { FastifyRequest } from 'fastify';
import { prepareProfile, type ProfileDraft } from '../domain/prepare-profile.ts';
import type { Profile, Profiles } from '../domain/profiles.ts';
import { NO_PROFILE, ownerOf, ownView } from './own-profile.ts';
import * as schemas from './profile-schemas.ts';

const ME = '/me';
const REFUSALS = {
  missing: NO_PROFILE,
  exists: new Problem(
    'precondition-failed',
    'You have a profile already; read it and send its ETag as If-Match.',
  ),
  changed: new Problem('precondition-failed', 'Your profile has another version now; read it again.'),
  'handle-taken': new Problem('conflict', 'This handle is taken; choose another.'),
};
const read = { scope: 'profile:read' };
const write = { scope: 'profile:write' };

/** The one profile of the user whose token it is. */
export async function myProfileRoutes(app: Service, { profiles }: { profiles: Profiles }): Promise<void> {
  app.get(ME, { config: read, schema: schemas.readMyProfile }, async (request, reply) => {
    const profile = await profiles.find(ownerOf(request.principal));
    if (!profile) throw REFUSALS.missing;
    const etag = formatETag(profile.version);
    void reply.header('etag', etag);
    if (matchesIfNoneMatch(request.headers['if-none-match'], etag)) return reply.code(304).send();
    return reply.send(ownView(profile, app.prefix));
  });

  app.put(ME, { config: write, schema: schemas.writeMyProfile }, async (request, reply) => {
    const condition = conditionOf(request.headers);
    const owner = ownerOf(request.principal);
    const profile = requireFit(request.body);
    const written =
      condition === 'create'
        ? await profiles.create(owner, profile)
        : await profiles.replace(owner, condition, profile);
    if (typeof written === 'string') throw REFUSALS[written];
    void reply.header('etag', formatETag(written.version)).header('content-location', `${app.prefix}${ME}`);
    return reply.code(condition === 'create' ? 201 : 200).send(ownView(written, app.prefix));
  });
}

/** Whether to create, or which versions may be replaced. */
function conditionOf(headers: FastifyRequest['headers']): 'create' | readonly number[] {
  const { 'if-match': ifMatch, 'if-none-match': ifNoneMatch } = headers;
  if (ifNoneMatch === undefined && ifMatch !== undefined) return versionsIn(requireIfMatch(ifMatch));
  if (ifNoneMatch?.trim() === '*' && ifMatch === undefined) return 'create';
  throw new Problem(
    'precondition-required',
    'Send either If-None-Match: * to create your profile, or If-Match with its ETag to replace it.',
  );
}

function requireFit(draft: ProfileDraft): Profile {
  const profile = prepareProfile(draft);
  if ('fault' in profile) throw new Problem('invalid-request', profile.fault);
  return profile;
}
