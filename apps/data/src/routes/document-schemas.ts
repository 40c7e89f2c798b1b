import { pageQuery, ProblemSchema } from '@roomkey/service';
import { Type } from '@roomkey/schema';
import type { JsonText } from '../domain/json-text.ts';
import { FILTER_DESCRIPTION, filterQuery } from './filter.ts';

export const security = [{ accessToken: [] }];
const tags = ['documents'];
export const problem = { '4xx': ProblemSchema };

const collection = Type.String({ pattern: '^[a-z0-9][a-z0-9_-]{0,62}$', description: 'a name you choose' });
export const InCollection = Type.Object({ collection });
/** Not `format: uuid`, which takes urn:uuid: as well. */
export const id = Type.String({ pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' });
export const AtDocument = Type.Object({ collection, id });
/** Where a list goes on. */
export const Position = Type.Object({ after: id });

const IfMatch = Type.Object({
  'if-match': Type.Optional(Type.String({ description: 'ETag of the version you read; 428 without it' })),
});
const IfNoneMatch = Type.Object({
  'if-none-match': Type.Optional(
    Type.String({ description: 'ETag of the version you have; 304 if it is current' }),
  ),
});

const IdempotencyKey = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({
      description: 'a word of yours, e.g. a UUID: a repetition within 24 hours gets the first answer again',
    }),
  ),
});

/** The parsers of `json-body.ts` have read it: what is left to say of its shape is that it is an object. */
const DocumentBody = Type.Unsafe<JsonText>({
  type: 'object',
  description: 'any JSON object',
  additionalProperties: true,
});
/** Sent as the text that is stored, so there is no value to describe. */
const DocumentText = Type.Unsafe<string>({
  type: 'object',
  description: 'the document',
  additionalProperties: true,
});

export const nothing = (description: string) => Type.Unsafe<void>({ type: 'null', description });

export const description = {
  id,
  etag: Type.String({ description: 'for If-Match; also in the ETag header' }),
  createdAt: Type.String({ format: 'date-time' }),
  updatedAt: Type.String({ format: 'date-time' }),
};
const DocumentDescription = Type.Object(description);

export const createDocument = {
  summary: 'Keep a new document',
  tags,
  security,
  params: InCollection,
  headers: IdempotencyKey,
  body: DocumentBody,
  response: { 201: DocumentDescription, ...problem },
};

export const listDocuments = {
  summary: 'List my documents of a collection, oldest first',
  description: FILTER_DESCRIPTION,
  tags,
  security,
  params: InCollection,
  querystring: Type.Object(pageQuery, { ...filterQuery, additionalProperties: false }),
  response: {
    200: Type.Unsafe<string>(
      Type.Object({
        items: Type.Array(
          Type.Object({ ...description, document: Type.Object({}, { additionalProperties: true }) }),
        ),
        next: Type.Optional(
          Type.String({
            description: '`cursor` of the next page, be this one empty; not there on the last one',
          }),
        ),
      }),
    ),
    ...problem,
  },
};

export const readDocument = {
  summary: 'Read a document',
  tags,
  security,
  params: AtDocument,
  headers: IfNoneMatch,
  response: {
    200: DocumentText,
    304: nothing('You have the current version'),
    ...problem,
  },
};

export const replaceDocument = {
  summary: 'Replace a document',
  tags,
  security,
  params: AtDocument,
  headers: IfMatch,
  body: DocumentBody,
  response: { 200: DocumentDescription, ...problem },
};

export const patchDocument = {
  ...replaceDocument,
  summary: 'Change members of a document: JSON Merge Patch (RFC 7396)',
  consumes: ['application/merge-patch+json'],
};

export const removeDocument = {
  summary: 'Remove a document',
  tags,
  security,
  params: AtDocument,
  headers: IfMatch,
  response: { 204: nothing('It is gone'), ...problem },
};
