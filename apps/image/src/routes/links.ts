import { Problem, ProblemSchema, type Service } from '@roomkey/service';
import { Type } from '@roomkey/schema';
import type { Derivatives } from '../domain/derivatives.ts';
import type { Images } from '../domain/images.ts';
import { MAX_LINK_SECONDS, type SignedLinks } from '../domain/signed-links.ts';
import { pictureUrl } from './picture-url.ts';
import { noSuchImage } from './refusals.ts';

export interface LinkRoutesOptions {
  readonly images: Images;
  readonly derivatives: Derivatives;
  readonly links: SignedLinks;
  readonly iiifUrl: string;
}

const LinkRequest = Type.Object(
  {
    picture: Type.String({
      pattern: '^[^/]{1,100}/[^/]{1,100}/[^/]{1,10}/[^/]{1,20}$',
      description: 'region/size/rotation/quality.format',
      examples: ['full/!400,400/0/default.webp'],
    }),
    seconds: Type.Integer({
      minimum: 1,
      maximum: MAX_LINK_SECONDS,
      default: 300,
      description: 'how long it shall hold; rounded up to a full minute of the clock',
    }),
  },
  { additionalProperties: false },
);

/** Links for `<img>`, which sends no Authorization header. */
export async function linkRoutes(app: Service, options: LinkRoutesOptions): Promise<void> {
  const { images, derivatives, links, iiifUrl } = options;

  app.post(
    '/images/:id/links',
    {
      config: { scope: 'image:read' },
      schema: {
        summary: 'A link that shows one picture of an image to whoever holds it, for a short time',
        params: Type.Object({ id: Type.String() }),
        body: LinkRequest,
        security: [{ accessToken: [] }],
        response: {
          200: Type.Object({
            url: Type.String({ format: 'uri' }),
            expiresAt: Type.String({ format: 'date-time' }),
          }),
          '4xx': ProblemSchema,
        },
      },
    },
    async (request) => {
      const image = await images.findOwn(request.principal, request.params.id);
      if (!image) throw noSuchImage();
      const [region = '', size = '', rotation = '', file = ''] = request.body.picture.split('/');
      const derivative = derivatives.describe(image, { region, size, rotation, file });
      if ('fault' in derivative) throw new Problem('bad-request', derivative.fault);
      const { canonicalPath } = derivative.request;
      const link = await links.issue(image.id, canonicalPath, request.body.seconds);
      return {
        url: pictureUrl(iiifUrl, image.id, canonicalPath, link),
        expiresAt: link.expiresAt.toISOString(),
      };
    },
  );
}
