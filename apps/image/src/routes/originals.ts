import type { Readable } from 'node:stream';
import { formatETag, matchesIfNoneMatch, ProblemSchema, type Service } from '@roomkey/service';
import { Type } from '@roomkey/schema';
import type { Images } from '../domain/images.ts';
import { noSuchImage } from './refusals.ts';

const MEDIA_TYPES = { jpeg: 'image/jpeg', png: 'image/png', webp: 'image/webp' } as const;
const EXTENSIONS = { jpeg: 'jpg', png: 'png', webp: 'webp' } as const;
const bytes = { schema: Type.Unsafe<Readable>(Type.String({ format: 'binary' })) };

const schema = {
  summary: 'The original of an image as it is kept, byte for byte',
  params: Type.Object({ id: Type.String() }),
  security: [{ accessToken: [] }],
  response: {
    200: {
      description: 'The original',
      content: { 'image/jpeg': bytes, 'image/png': bytes, 'image/webp': bytes },
    },
    304: Type.Unsafe<undefined>(Type.Null({ description: 'The original you have is the one' })),
    '4xx': ProblemSchema,
  },
};

/** What is kept of an upload, for its owner alone: to take away, not to show. */
export async function originalRoutes(app: Service, { images }: { images: Images }): Promise<void> {
  app.get('/images/:id/original', { config: { scope: 'image:read' }, schema }, async (request, reply) => {
    const image = await images.findOwn(request.principal, request.params.id);
    if (!image) throw noSuchImage();
    const { id, format, contentHash } = image;
    const etag = formatETag(contentHash);
    void reply.headers({ etag, 'cache-control': 'private, no-cache' });
    if (matchesIfNoneMatch(request.headers['if-none-match'], etag)) return reply.code(304).send(undefined);
    const original = await images.openOriginal(image);
    if (!original) throw noSuchImage();
    return reply
      .headers({
        'content-type': MEDIA_TYPES[format],
        'content-length': original.bytes,
        'content-disposition': `attachment; filename="${id}.${EXTENSIONS[format]}"`,
      })
      .send(original.stream);
  });
}
