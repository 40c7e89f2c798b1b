import { decodeCursor, encodeCursor, pageQuery, ProblemSchema, type Service } from '@roomkey/service';
import { Type } from '@roomkey/schema';
import type { Images } from '../domain/images.ts';
import { ImageSchema, toImageJson, VisibilitySchema } from './image-json.ts';
import { noSuchImage } from './refusals.ts';

export interface ImageRoutesOptions {
  readonly images: Images;
  /** Base of IIIF addresses, without a slash at its end. */
  readonly iiifUrl: string;
}

const PageSchema = Type.Object({
  items: Type.Array(ImageSchema),
  next: Type.Optional(Type.String({ description: 'cursor of the next page; missing on the last' })),
});
const PositionSchema = Type.Object(
  { createdAt: Type.Integer({ minimum: 0, maximum: 8.64e15 }), id: Type.String({ format: 'uuid' }) },
  { additionalProperties: false },
);
const IdParams = Type.Object({ id: Type.String() });
const ChangeSchema = Type.Object({ visibility: VisibilitySchema }, { additionalProperties: false });
const security = [{ accessToken: [] }];

/** What owners see and do: list, metadata, visibility, delete. */
export async function imageRoutes(app: Service, { images, iiifUrl }: ImageRoutesOptions): Promise<void> {
  // RFC 7396: what is not named stays.
  const parseJson = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser('application/merge-patch+json', { parseAs: 'string' }, parseJson);

  app.get(
    '/images',
    {
      config: { scope: 'image:read' },
      schema: {
        summary: 'List your images, newest first',
        querystring: Type.Object(pageQuery, { additionalProperties: false }),
        security,
        response: { 200: PageSchema, '4xx': ProblemSchema },
      },
    },
    async (request) => {
      const { limit, cursor } = request.query;
      const position = decodeCursor(PositionSchema, cursor);
      const after = position && { id: position.id, createdAt: new Date(position.createdAt) };
      // One more than asked for tells whether there is a next page.
      const found = await images.list(request.principal, { limit: limit + 1, after });
      const page = found.slice(0, limit);
      const last = found.length > limit ? page.at(-1) : undefined;
      return {
        items: page.map((image) => toImageJson(image, iiifUrl)),
        ...(last && { next: encodeCursor({ createdAt: last.createdAt.getTime(), id: last.id }) }),
      };
    },
  );

  app.get(
    '/images/:id',
    {
      config: { scope: 'image:read' },
      schema: {
        summary: 'Metadata of an image',
        params: IdParams,
        security,
        response: { 200: ImageSchema, '4xx': ProblemSchema },
      },
    },
    async (request) => {
      const image = await images.findOwn(request.principal, request.params.id);
      if (!image) throw noSuchImage();
      return toImageJson(image, iiifUrl);
    },
  );

  app.patch(
    '/images/:id',
    {
      config: { scope: 'image:write' },
      schema: {
        summary: 'Make an image public or private',
        description: 'What was public may be kept by caches for five minutes after it was made private.',
        consumes: ['application/merge-patch+json', 'application/json'],
        params: IdParams,
        body: ChangeSchema,
        security,
        response: { 200: ImageSchema, '4xx': ProblemSchema },
      },
    },
    async (request) => {
      const { visibility } = request.body;
      const image = await images.setVisibility(request.principal, request.params.id, visibility);
      if (!image) throw noSuchImage();
      return toImageJson(image, iiifUrl);
    },
  );

  app.delete(
    '/images/:id',
    {
      config: { scope: 'image:write' },
      schema: {
        summary: 'Delete an image and everything made of it',
        params: IdParams,
        security,
        response: {
          204: Type.Unsafe<undefined>(Type.Null({ description: 'It is gone' })),
          '4xx': ProblemSchema,
        },
      },
    },
    async (request, reply) => {
      if (!(await images.remove(request.principal, request.params.id))) throw noSuchImage();
      return reply.code(204).send(undefined);
    },
  );
}
