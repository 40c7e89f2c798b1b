import type { Readable } from 'node:stream';
import { decodeCursor, encodeCursor, pageQuery, ProblemSchema, type Service } from '@roomkey/service';
import { Type } from 'typebox';
import type { Images } from '../domain/images.ts';
import type { Image } from '../domain/image.ts';
import { drainRefused } from './drain-refused.ts';
import { noSuchImage, uploadProblem } from './refusals.ts';

export interface ImageRoutesOptions {
  readonly images: Images;
  /** Base of IIIF addresses, without a slash at its end. */
  readonly iiifUrl: string;
}

const ImageSchema = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    width: Type.Integer({ description: 'pixels, after the orientation was applied' }),
    height: Type.Integer(),
    format: Type.String({ enum: ['jpeg', 'png', 'webp'], description: 'what the original is kept as' }),
    bytes: Type.Integer({ description: 'size of the original as it is kept' }),
    createdAt: Type.String({ format: 'date-time' }),
    iiif: Type.String({ format: 'uri', description: 'base URI for the IIIF Image API 3' }),
  },
  { description: 'An image of yours' },
);
const PageSchema = Type.Object({
  items: Type.Array(ImageSchema),
  next: Type.Optional(Type.String({ description: 'cursor of the next page; missing on the last' })),
});
const PositionSchema = Type.Object(
  { createdAt: Type.Integer({ minimum: 0, maximum: 8.64e15 }), id: Type.String({ format: 'uuid' }) },
  { additionalProperties: false },
);
const IdParams = Type.Object({ id: Type.String() });
const security = [{ accessToken: [] }];

/** Upload, list, metadata, delete. */
export async function imageRoutes(app: Service, { images, iiifUrl }: ImageRoutesOptions): Promise<void> {
  const toJson = ({ id, width, height, format, bytes, createdAt }: Image) => ({
    id,
    width,
    height,
    format,
    bytes,
    createdAt: createdAt.toISOString(),
    iiif: `${iiifUrl}/${id}`,
  });

  await app.register(async (uploads: Service) => {
    // The type of an image is read from its bytes, so every Content-Type is let in and none is believed (security 123).
    uploads.removeAllContentTypeParsers();
    uploads.addContentTypeParser('*', (_request, body, done) => done(null, body));

    uploads.post(
      '/images',
      {
        config: { scope: 'image:write' },
        schema: {
          summary: 'Upload an image',
          description:
            'The body is the image itself: JPEG, PNG, WebP, GIF or AVIF, whatever its Content-Type says. It is encoded anew: ' +
            'upright, in sRGB, its first frame only, without any metadata.',
          consumes: [
            'image/jpeg',
            'image/png',
            'image/webp',
            'image/gif',
            'image/avif',
            'application/octet-stream',
          ],
          body: Type.Unsafe<Readable>({ description: 'the bytes of the image' }),
          security,
          response: { 201: ImageSchema, '4xx': ProblemSchema, 503: ProblemSchema },
        },
      },
      async (request, reply) => {
        if (request.body === undefined) throw uploadProblem('empty');
        const declared = request.headers['content-length'];
        const outcome = await images.upload(request.principal, {
          stream: request.body,
          declaredBytes: declared === undefined ? undefined : Number(declared),
        });
        if (outcome.kind === 'refused') {
          drainRefused(request.raw);
          throw uploadProblem(outcome.refusal);
        }
        void reply.code(201).header('location', `/image/images/${outcome.image.id}`);
        return toJson(outcome.image);
      },
    );
  });

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
        items: page.map(toJson),
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
      const image = await images.find(request.principal, request.params.id);
      if (!image) throw noSuchImage();
      return toJson(image);
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
