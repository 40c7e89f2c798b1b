import type { IncomingMessage } from 'node:http';
import { Problem, ProblemSchema, type Service } from '@roomkey/service';
import type { Images, UploadSource } from '../domain/images.ts';
import { drainRefused } from './drain-refused.ts';
import { fileOfForm, MAX_FRAME_BYTES } from './form-file.ts';
import { ImageSchema, toImageJson } from './image-json.ts';
import { uploadProblem } from './refusals.ts';

export interface UploadRoutesOptions {
  readonly images: Images;
  /** Base of IIIF addresses, without a slash at its end. */
  readonly iiifUrl: string;
}

const bytes = { schema: { type: 'string', format: 'binary', description: 'the bytes of the image' } };
const form = {
  type: 'object',
  required: ['file'],
  properties: { file: { type: 'string', format: 'binary' } },
  description: 'one file, and nothing else',
};

/** Takes images in. */
export async function uploadRoutes(app: Service, { images, iiifUrl }: UploadRoutesOptions): Promise<void> {
  // The type of an image is read from its bytes, so every Content-Type is let in and none is believed (security 123).
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, body, done) => done(null, body));

  app.post(
    '/images',
    {
      config: { scope: 'image:write' },
      // A body that comes as a stream is judged by its bytes; the schema describes it.
      validatorCompiler: () => () => true,
      schema: {
        summary: 'Upload an image',
        description:
          'The body is the image itself, or a form with one part named "file": JPEG, PNG, WebP, GIF or AVIF, whatever ' +
          'its name and Content-Type say. It is encoded anew: upright, in sRGB, its first frame only, without any metadata.',
        body: {
          content: {
            'application/octet-stream': bytes,
            'image/jpeg': bytes,
            'image/png': bytes,
            'image/webp': bytes,
            'image/gif': bytes,
            'image/avif': bytes,
            'multipart/form-data': { schema: form },
          },
        },
        security: [{ accessToken: [] }],
        response: { 201: ImageSchema, '4xx': ProblemSchema, 503: ProblemSchema },
      },
    },
    async (request, reply) => {
      const { issuer, subject } = request.principal;
      const outcome = await images
        .upload({ issuer, subject }, sourceOf(request.raw))
        // Whatever it was, the rest of the body is not wanted.
        .finally(() => drainRefused(request.raw));
      if (outcome.kind === 'refused') throw uploadProblem(outcome.refusal);
      void reply.code(201).header('location', `/image/images/${outcome.image.id}`);
      return toImageJson(outcome.image, iiifUrl);
    },
  );
}

/** The image in a request: its body, or the file of a form. */
function sourceOf(request: IncomingMessage): UploadSource {
  const type = request.headers['content-type'] ?? '';
  const length = Number(request.headers['content-length'] ?? 0);
  const chunks = chunksOf(request);
  if (!/^multipart\/form-data\s*(;|$)/i.test(type)) return { chunks, minBytes: length };
  return { chunks: fileOfForm(chunks, type), minBytes: length - MAX_FRAME_BYTES };
}

async function* chunksOf(request: IncomingMessage): AsyncGenerator<Buffer, void> {
  try {
    // Destroying a request would close its connection before a refusal is on its way.
    yield* request.iterator({ destroyOnReturn: false }) as AsyncIterableIterator<Buffer>;
  } catch {
    throw new Problem('bad-request', 'The body broke off before it was complete.');
  }
}
