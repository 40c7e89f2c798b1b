import type { Readable } from 'node:stream';
import { formatETag, matchesIfNoneMatch, Problem, ProblemSchema, type Service } from '@roomkey/service';
import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import type { Derivatives } from '../domain/derivatives.ts';
import type { Images } from '../domain/images.ts';
import { busyProblem, noSuchImage } from './refusals.ts';

export interface IiifRoutesOptions {
  readonly images: Images;
  readonly derivatives: Derivatives;
}

const MEDIA_TYPES = { jpg: 'image/jpeg', png: 'image/png', webp: 'image/webp' } as const;
const picture = { schema: Type.Unsafe<Readable>(Type.String({ format: 'binary' })) };
const MAX_AGE_SECONDS = 300;
const PathParams = Type.Object({
  id: Type.String(),
  region: Type.String({ description: 'full, square, x,y,w,h or pct:x,y,w,h' }),
  size: Type.String({ description: 'max, w, or ,h or w,h or !w,h or pct:n; ^ before it scales up' }),
  rotation: Type.String({ description: '0, 90, 180 or 270; ! before it mirrors' }),
  file: Type.String({ description: 'quality.format: default, color or gray; jpg, png or webp' }),
});

/** Pictures by the IIIF Image API 3.0. */
export async function iiifRoutes(app: Service, { images, derivatives }: IiifRoutesOptions): Promise<void> {
  app.get(
    '/iiif/:id/:region/:size/:rotation/:file',
    {
      config: { scope: 'image:read' },
      schema: {
        summary: 'A picture: region, size, rotation, quality and format of an image',
        externalDocs: {
          description: 'IIIF Image API 3.0, section 4',
          url: 'https://iiif.io/api/image/3.0/#4-image-requests',
        },
        params: PathParams,
        security: [{ accessToken: [] }],
        response: {
          200: {
            description: 'The picture',
            content: {
              'image/jpeg': picture,
              'image/png': picture,
              'image/webp': picture,
            },
          },
          304: Type.Unsafe<undefined>(Type.Null({ description: 'The picture you have is the current one' })),
          '4xx': ProblemSchema,
          503: ProblemSchema,
        },
      },
    },
    async (request, reply) => {
      const image = await images.find(request.principal, request.params.id);
      if (!image) throw noSuchImage();
      const derivative = derivatives.describe(image, request.params);
      if ('fault' in derivative) throw new Problem('bad-request', derivative.fault);

      const etag = formatETag(derivative.tag);
      if (matchesIfNoneMatch(request.headers['if-none-match'], etag)) {
        cachePrivately(reply, etag);
        return reply.code(304).send(undefined);
      }
      const opened = await derivatives.open(derivative);
      if (opened === 'busy') throw busyProblem();
      if (opened === 'gone') throw await goneProblem(request.principal, image.id);
      cachePrivately(reply, etag);
      return reply
        .headers({
          'content-type': MEDIA_TYPES[derivative.format],
          'content-length': opened.bytes,
          'content-security-policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
          'content-disposition': `inline; filename="${image.id}.${derivative.format}"`,
        })
        .send(opened.stream);
    },
  );

  /** Deleted while it was read; if its row is still there, bytes are lost, and that is a fault of ours. */
  async function goneProblem(owner: Parameters<Images['find']>[0], id: string): Promise<Error> {
    const still = await images.find(owner, id);
    return still ? new Error(`the original of image ${id} is missing`) : noSuchImage();
  }
}

/**
 * A picture changes with its owner's rights, never with its content: the owner's own caches may keep it for as long as a
 * token lives, and ask again with the tag afterwards. Another token is another answer (security 136).
 */
function cachePrivately(reply: Pick<FastifyReply, 'getHeader' | 'headers'>, etag: string): void {
  const vary = reply.getHeader('vary');
  void reply.headers({
    'cache-control': `private, max-age=${MAX_AGE_SECONDS}`,
    vary: vary === undefined ? 'Authorization' : `${String(vary)}, Authorization`,
    etag,
  });
}
