import type { Readable } from 'node:stream';
import { ProblemSchema, type Service } from '@roomkey/service';
import { Type } from 'typebox';
import type { Images } from '../domain/images.ts';
import { drainRefused } from './drain-refused.ts';
import { ImageSchema, toImageJson } from './image-json.ts';
import { uploadProblem } from './refusals.ts';

export interface UploadRoutesOptions {
  readonly images: Images;
  /** Base of IIIF addresses, without a slash at its end. */
  readonly iiifUrl: string;
}

/** Takes images in. */
export async function uploadRoutes(app: Service, { images, iiifUrl }: UploadRoutesOptions): Promise<void> {
  // The type of an image is read from its bytes, so every Content-Type is let in and none is believed (security 123).
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, body, done) => done(null, body));

  app.post(
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
        security: [{ accessToken: [] }],
        response: { 201: ImageSchema, '4xx': ProblemSchema, 503: ProblemSchema },
      },
    },
    async (request, reply) => {
      if (request.body === undefined) throw uploadProblem('empty');
      const declared = request.headers['content-length'];
      const { issuer, subject } = request.principal;
      const outcome = await images.upload(
        { issuer, subject },
        { stream: request.body, declaredBytes: declared === undefined ? undefined : Number(declared) },
      );
      if (outcome.kind === 'refused') {
        drainRefused(request.raw);
        throw uploadProblem(outcome.refusal);
      }
      void reply.code(201).header('location', `/image/images/${outcome.image.id}`);
      return toImageJson(outcome.image, iiifUrl);
    },
  );
}
