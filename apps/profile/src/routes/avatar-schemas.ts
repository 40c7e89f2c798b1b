import { ProblemSchema } from '@roomkey/service';
import { Type } from '@roomkey/schema';
import { HandleParams, OwnProfile } from './profile-schemas.ts';

const security = [{ accessToken: [] }];

export const setAvatar = {
  summary: 'Show one of my images on my profile',
  description:
    'The image service is asked in your name whether the image is yours, so the token needs image:read besides. A small square ' +
    'copy is kept; it stays when the image is changed or deleted.',
  tags: ['my profile'],
  security,
  body: Type.Object(
    {
      image: Type.String({
        pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$',
        description: 'id of an image of yours',
      }),
    },
    { additionalProperties: false },
  ),
  response: { 200: OwnProfile, '4xx': ProblemSchema, 502: ProblemSchema, 503: ProblemSchema },
};

export const removeAvatar = {
  summary: 'Show no picture on my profile',
  tags: ['my profile'],
  security,
  response: { 200: OwnProfile, '4xx': ProblemSchema },
};

export const readAvatar = {
  summary: 'The picture on a profile',
  tags: ['profiles'],
  security,
  params: HandleParams,
  response: {
    200: {
      description: 'The picture: a square of at most 256 pixels',
      content: { 'image/webp': { schema: Type.Unsafe<Buffer>(Type.String({ format: 'binary' })) } },
    },
    304: Type.Unsafe<undefined>({ type: 'null', description: 'You have the current one' }),
    '4xx': ProblemSchema,
  },
};
