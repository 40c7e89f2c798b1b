import { pageQuery, ProblemSchema } from '@roomkey/service';
import { Type } from '@roomkey/schema';
import { PROFILE_LIMITS } from '../domain/prepare-profile.ts';

const security = [{ accessToken: [] }];
const problem = { '4xx': ProblemSchema };

// Composed and decomposed, one character has up to four code points: the domain counts, this only bounds.
const bounded = (characters: number) => characters * 4;

const handle = Type.String({
  pattern: '^[A-Za-z][A-Za-z0-9_]{2,29}$',
  description: 'unique; case does not count',
});
const locale = Type.String({
  maxLength: PROFILE_LIMITS.localeCharacters,
  description: 'language tag, like de-CH',
});

const publicMembers = {
  handle,
  displayName: Type.String({ description: 'one line' }),
  bio: Type.String({ description: 'lines of plain text' }),
  links: Type.Array(Type.String(), { description: 'https addresses' }),
  avatar: Type.Optional(Type.String({ description: 'path of the picture, if there is one' })),
};
const PublicProfile = Type.Object(publicMembers);
export const HandleParams = Type.Object({ handle });
export const OwnProfile = Type.Object({
  ...publicMembers,
  avatarImage: Type.Optional(Type.String({ description: 'id of the image the picture was made of' })),
  locale: Type.Optional(locale),
  createdAt: Type.String({ format: 'date-time' }),
  updatedAt: Type.String({ format: 'date-time' }),
});

const ProfileBody = Type.Object(
  {
    handle,
    displayName: Type.String({ minLength: 1, maxLength: bounded(PROFILE_LIMITS.displayNameCharacters) }),
    bio: Type.Optional(Type.String({ maxLength: bounded(PROFILE_LIMITS.bioCharacters) })),
    links: Type.Optional(
      Type.Array(Type.String({ maxLength: PROFILE_LIMITS.linkCharacters }), {
        maxItems: PROFILE_LIMITS.links,
      }),
    ),
    locale: Type.Optional(locale),
  },
  { additionalProperties: false },
);

export const readMyProfile = {
  summary: 'Read my profile',
  tags: ['my profile'],
  security,
  headers: Type.Object({
    'if-none-match': Type.Optional(
      Type.String({ description: 'ETag of the version you have; 304 if it is current' }),
    ),
  }),
  response: {
    200: OwnProfile,
    304: Type.Unsafe<void>({ type: 'null', description: 'You have the current version' }),
    ...problem,
  },
};

export const writeMyProfile = {
  summary: 'Create or replace my profile',
  tags: ['my profile'],
  security,
  headers: Type.Object({
    'if-match': Type.Optional(Type.String({ description: 'to replace: ETag of the version you read' })),
    'if-none-match': Type.Optional(Type.String({ description: 'to create: *' })),
  }),
  body: ProfileBody,
  response: { 200: OwnProfile, 201: OwnProfile, ...problem },
};

export const readProfile = {
  summary: 'Read what a user shows to others',
  tags: ['profiles'],
  security,
  params: HandleParams,
  response: { 200: PublicProfile, ...problem },
};

export const searchProfiles = {
  summary: 'Find users by the beginning of their handle',
  tags: ['profiles'],
  security,
  querystring: Type.Object(
    {
      prefix: Type.String({ pattern: '^[A-Za-z][A-Za-z0-9_]{0,29}$', description: 'case does not count' }),
      ...pageQuery,
    },
    { additionalProperties: false },
  ),
  response: {
    200: Type.Object({
      items: Type.Array(PublicProfile),
      next: Type.Optional(
        Type.String({ description: '`cursor` of the next page; not there on the last one' }),
      ),
    }),
    ...problem,
  },
};
