import { pageQuery } from '@roomkey/service';
import { Type } from '@roomkey/schema';
import {
  AtDocument,
  description,
  id,
  nothing,
  patchDocument,
  problem,
  readDocument,
  replaceDocument,
  security,
} from './document-schemas.ts';

const tags = ['sharing'];
/** OpenID Connect Core §2: a subject is ASCII, 255 characters at most. */
const subject = Type.String({
  pattern: '^[\\x21-\\x7e]{1,255}$',
  description: 'the other user’s subject: `sub` of their tokens',
});
const access = Type.Enum(['read', 'write'], { type: 'string' });
const AtShare = Type.Object({ ...AtDocument.properties, subject });
const AtShared = Type.Object({ id });
const ShareDescription = Type.Object({ subject, access, since: Type.String({ format: 'date-time' }) });

export const putShare = {
  summary: 'Share a document with another user, or change how',
  tags,
  security,
  params: AtShare,
  body: Type.Object({ access }, { additionalProperties: false }),
  response: { 200: ShareDescription, ...problem },
};

export const listShares = {
  summary: 'Whom I share a document with',
  tags,
  security,
  params: AtDocument,
  response: { 200: Type.Object({ items: Type.Array(ShareDescription) }), ...problem },
};

export const readShare = {
  summary: 'How I share a document with another user',
  tags,
  security,
  params: AtShare,
  response: { 200: ShareDescription, ...problem },
};

export const removeShare = {
  summary: 'End a share',
  tags,
  security,
  params: AtShare,
  response: { 204: nothing('It is not shared any more'), ...problem },
};

export const listShared = {
  summary: 'What others share with me, in the order of creation',
  tags,
  security,
  querystring: Type.Object(pageQuery, { additionalProperties: false }),
  response: {
    200: Type.Object({
      items: Type.Array(
        Type.Object({
          ...description,
          owner: Type.String({ description: 'the subject whose document it is' }),
          collection: Type.String(),
          access,
        }),
      ),
      next: Type.Optional(Type.String()),
    }),
    ...problem,
  },
};

export const readShared = {
  ...readDocument,
  summary: 'Read a document that is shared with me',
  tags,
  params: AtShared,
};
export const replaceShared = {
  ...replaceDocument,
  summary: 'Replace a document that is shared with me for writing',
  tags,
  params: AtShared,
};
export const patchShared = {
  ...patchDocument,
  summary: 'Change members of a document that is shared with me for writing',
  tags,
  params: AtShared,
};
