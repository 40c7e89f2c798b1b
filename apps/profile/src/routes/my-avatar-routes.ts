import { formatETag, Problem, type Service } from '@roomkey/service';
import { IncomingCall } from '@roomkey/token-client';
import type { Avatars, PictureRefusal, Pictures } from '../domain/avatars.ts';
import type { Profiles, StoredProfile } from '../domain/profiles.ts';
import * as schemas from './avatar-schemas.ts';
import { NO_PROFILE, ownerOf, ownView } from './own-profile.ts';

export interface MyAvatarRoutesOptions {
  readonly profiles: Profiles & Avatars;
  readonly pictures: Pictures;
}

const AVATAR = '/me/avatar';
const write = { scope: 'profile:write' };
const PROBLEMS = {
  'not-theirs': new Problem(
    'unprocessable-content',
    'You have no image with this id; upload it to image first.',
  ),
  'no-right': new Problem('forbidden', 'This needs the scope image:read too: image is asked in your name.', {
    'www-authenticate': 'Bearer error="insufficient_scope", scope="profile:write image:read"',
  }),
  'token-over': new Problem('unauthorized', 'Your access token is not valid any longer.', {
    'www-authenticate': 'Bearer error="invalid_token"',
  }),
  nonsense: new Problem('bad-gateway', 'The image service answered something else; nothing was changed.'),
};

/** The picture on the profile of the user whose token it is. */
export async function myAvatarRoutes(
  app: Service,
  { profiles, pictures }: MyAvatarRoutesOptions,
): Promise<void> {
  const answer = (written: StoredProfile | undefined) => {
    if (!written) throw NO_PROFILE;
    const headers = { etag: formatETag(written.version), 'content-location': `${app.prefix}/me` };
    return { headers, view: ownView(written, app.prefix) };
  };

  app.put(AVATAR, { config: write, schema: schemas.setAvatar }, async (request, reply) => {
    const owner = ownerOf(request.principal);
    if (!(await profiles.find(owner))) throw NO_PROFILE;
    const { image } = request.body;
    const picture = await pictures.fetchAvatar(image, new IncomingCall(request));
    if ('refusal' in picture) throw problemOf(picture);
    const { headers, view } = answer(await profiles.setAvatar(owner, image, picture));
    return reply.headers(headers).send(view);
  });

  app.delete(AVATAR, { config: write, schema: schemas.removeAvatar }, async (request, reply) => {
    const { headers, view } = answer(await profiles.removeAvatar(ownerOf(request.principal)));
    return reply.headers(headers).send(view);
  });
}

function problemOf(picture: PictureRefusal): Problem {
  if (picture.refusal !== 'away') return PROBLEMS[picture.refusal];
  return new Problem('unavailable', 'Your image cannot be looked at right now; nothing was changed.', {
    'retry-after': String(picture.retryAfterSeconds),
  });
}
