import type { Readable } from 'node:stream';
import { formatETag, matchesIfNoneMatch, Problem, ProblemSchema, type Service } from '@roomkey/service';
import { Type } from '@roomkey/schema';
import type { Derivatives } from '../domain/derivatives.ts';
import { standingOf } from '../domain/image.ts';
import type { Images } from '../domain/images.ts';
import type { LinkParameters, SignedLinks } from '../domain/signed-links.ts';
import { letCachesKeep, readerOf, unreadable } from './iiif-reading.ts';
import { pictureUrl } from './picture-url.ts';
import { busyProblem, noSuchImage } from './refusals.ts';

export interface PictureRoutesOptions {
  readonly images: Images;
  readonly derivatives: Derivatives;
  readonly links: SignedLinks;
  readonly iiifUrl: string;
}

const MEDIA_TYPES = { jpg: 'image/jpeg', png: 'image/png', webp: 'image/webp', avif: 'image/avif' } as const;
const picture = { schema: Type.Unsafe<Readable | Buffer>(Type.String({ format: 'binary' })) };
const Params = Type.Object({
  id: Type.String(),
  region: Type.String({ description: 'full, square, x,y,w,h or pct:x,y,w,h' }),
  size: Type.String({ description: 'max, w, or ,h or w,h or !w,h or pct:n; ^ before it scales up' }),
  rotation: Type.String({ description: '0, 90, 180 or 270; ! before it mirrors' }),
  file: Type.String({ description: 'quality.format: default, color or gray; jpg, png, webp or avif' }),
});
const Query = Type.Object({
  expires: Type.Optional(Type.Integer({ minimum: 0, maximum: 8.64e12, description: 'of a signed link' })),
  signature: Type.Optional(Type.String({ maxLength: 100, description: 'of a signed link' })),
});
const schema = {
  summary: 'A picture: region, size, rotation, quality and format of an image',
  description: 'With a token of its owner, by a signed link, or of a public image by everybody.',
  externalDocs: { description: 'IIIF Image API 3.0', url: 'https://iiif.io/api/image/3.0/#4-image-requests' },
  params: Params,
  querystring: Query,
  security: [{ accessToken: [] }, {}],
  response: {
    200: {
      description: 'The picture',
      content: { 'image/jpeg': picture, 'image/png': picture, 'image/webp': picture, 'image/avif': picture },
    },
    303: Type.Unsafe<undefined>(Type.Null({ description: 'The canonical address of this picture' })),
    304: Type.Unsafe<undefined>(Type.Null({ description: 'The picture you have is the current one' })),
    '4xx': ProblemSchema,
    503: ProblemSchema,
  },
};

/** Pictures (IIIF Image API 3.0 §4): each has one address, to which every other spelling leads. */
export async function pictureRoutes(app: Service, options: PictureRoutesOptions): Promise<void> {
  const { images, derivatives, links, iiifUrl } = options;

  app.get(
    '/iiif/:id/:region/:size/:rotation/:file',
    { config: { scope: 'image:read', anonymous: true }, schema },
    async (request, reply) => {
      const { id, ...path } = request.params;
      const reader = readerOf(request);
      const link = linkOf(request.query);
      const image = await images.find(id);
      const standing = image ? standingOf(image, reader) : 'none';
      const derivative = image && derivatives.describe(image, path);
      const until = standing === 'none' ? await opens(link, derivative) : undefined;
      if (!derivative || (standing === 'none' && !until)) throw unreadable(reader, link !== undefined);
      if ('fault' in derivative) throw new Problem('bad-request', derivative.fault);

      const { canonicalPath } = derivative.request;
      const etag = formatETag(derivative.tag);
      letCachesKeep(reply, { etag, isPublic: standing === 'public', until });
      void reply.header('link', [
        `<${pictureUrl(iiifUrl, id, canonicalPath)}>;rel="canonical"`,
        '<http://iiif.io/api/image/3/level2.json>;rel="profile"',
      ]);
      if (Object.values(path).join('/') !== canonicalPath) {
        const byLink = until && link;
        return reply
          .code(303)
          .header('location', pictureUrl('/image/iiif', id, canonicalPath, byLink))
          .send(undefined);
      }
      if (matchesIfNoneMatch(request.headers['if-none-match'], etag)) return reply.code(304).send(undefined);

      const opened = await derivatives.open(derivative);
      if (opened === 'busy') throw busyProblem();
      if (opened === 'gone') throw await goneProblem(id);
      return reply
        .headers({
          'content-type': MEDIA_TYPES[derivative.format],
          'content-length': Buffer.isBuffer(opened) ? opened.length : opened.bytes,
          'content-disposition': `inline; filename="${id}.${derivative.format}"`,
        })
        .send(Buffer.isBuffer(opened) ? opened : opened.stream);
    },
  );

  /** @returns when the link ends, if it is one for this picture */
  async function opens(
    link: LinkParameters | undefined,
    derivative: ReturnType<Derivatives['describe']> | undefined,
  ): Promise<Date | undefined> {
    if (!link || !derivative || 'fault' in derivative) return undefined;
    return links.verify(derivative.image.id, derivative.request.canonicalPath, link);
  }

  /** Deleted while it was read; if its row is still there, bytes are lost, and that is a fault of ours. */
  async function goneProblem(id: string): Promise<Error> {
    return (await images.find(id)) ? new Error(`the original of image ${id} is missing`) : noSuchImage();
  }
}

function linkOf({ expires, signature }: Partial<LinkParameters>): LinkParameters | undefined {
  return signature === undefined ? undefined : { expires: expires ?? 0, signature };
}
