import { createHash } from 'node:crypto';
import { formatETag, matchesIfNoneMatch, ProblemSchema, type Service } from '@roomkey/service';
import { Type } from '@roomkey/schema';
import type { OutputLimits } from '../domain/iiif-geometry.ts';
import { describeForViewers } from '../domain/iiif-information.ts';
import { standingOf } from '../domain/image.ts';
import type { Images } from '../domain/images.ts';
import { letCachesKeep, readerOf, unreadable } from './iiif-reading.ts';

export interface InformationRoutesOptions {
  readonly images: Images;
  readonly limits: OutputLimits;
  readonly iiifUrl: string;
}

const JSON_LD = 'application/ld+json;profile="http://iiif.io/api/image/3/context.json"';
const IdParams = Type.Object({ id: Type.String() });
const access = { config: { scope: 'image:read', anonymous: true } } as const;
const security = [{ accessToken: [] }, {}];

/** What a viewer reads before it asks for pictures (IIIF Image API 3.0 §5), and the base URI that leads there (§2). */
export async function informationRoutes(app: Service, options: InformationRoutesOptions): Promise<void> {
  const { images, limits, iiifUrl } = options;

  app.get(
    '/iiif/:id/info.json',
    {
      ...access,
      schema: {
        summary: 'What a IIIF viewer must know of an image',
        externalDocs: {
          description: 'IIIF Image API 3.0',
          url: 'https://iiif.io/api/image/3.0/#5-image-information',
        },
        params: IdParams,
        security,
        response: {
          200: {
            description: 'The image information document',
            content: {
              'application/ld+json': { schema: Type.String() },
              'application/json': { schema: Type.String() },
            },
          },
          304: Type.Unsafe<undefined>(Type.Null({ description: 'The document you have is the current one' })),
          '4xx': ProblemSchema,
        },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const reader = readerOf(request);
      const image = await images.find(id);
      const standing = image ? standingOf(image, reader) : 'none';
      if (!image || standing === 'none') throw unreadable(reader, false);

      const document = JSON.stringify(describeForViewers(`${iiifUrl}/${id}`, image, limits), null, 2);
      const etag = formatETag(createHash('sha256').update(document).digest('hex').slice(0, 32));
      void reply.header('vary', [reply.getHeader('vary'), 'Accept'].filter(Boolean).join(', '));
      letCachesKeep(reply, { etag, isPublic: standing === 'public' });
      if (matchesIfNoneMatch(request.headers['if-none-match'], etag)) return reply.code(304).send(undefined);
      const type = asksForPlainJson(request.headers.accept) ? 'application/json' : JSON_LD;
      // As it lies: the serialiser of a schema would write it anew.
      return reply.type(type).serializer(String).send(document);
    },
  );

  app.get(
    '/iiif/:id',
    {
      ...access,
      schema: {
        summary: 'The base URI of an image, which leads to its information',
        params: IdParams,
        security,
        response: {
          303: Type.Unsafe<undefined>(Type.Null({ description: 'The image information document' })),
          '4xx': ProblemSchema,
        },
      },
    },
    async (request, reply) => {
      const reader = readerOf(request);
      const image = await images.find(request.params.id);
      if (!image || standingOf(image, reader) === 'none') throw unreadable(reader, false);
      return reply.code(303).header('location', `/image/iiif/${image.id}/info.json`).send(undefined);
    },
  );
}

/** §5.1: JSON-LD unless somebody asks for JSON and does not name JSON-LD; browsers ask for anything. */
const asksForPlainJson = (accept = ''): boolean =>
  /\bapplication\/json\b/i.test(accept) && !/\bapplication\/ld\+json\b/i.test(accept);
