import { Problem, type ProblemSlug } from '@roomkey/service';
import type { UploadRefusal } from '../domain/images.ts';

const KINDS = 'JPEG, PNG, WebP, GIF or AVIF';

/** What a refused upload is answered, and the sentence that says what would be right. */
const REFUSALS: Readonly<Record<Exclude<UploadRefusal, 'busy'>, readonly [ProblemSlug, string]>> = {
  empty: ['bad-request', `The body is empty; send the bytes of a ${KINDS} image.`],
  'too-large': ['payload-too-large', 'The image has more bytes than are taken here.'],
  'unknown-kind': ['unsupported-media-type', `The body does not begin like a ${KINDS} image.`],
  broken: ['unprocessable-content', 'The image is damaged or incomplete and cannot be read without errors.'],
  'too-many-pixels': [
    'unprocessable-content',
    'The image has more pixels, over all its frames, than are taken here.',
  ],
  'too-costly': [
    'unprocessable-content',
    'Reading an image of this kind and size needs too much memory; send it smaller, or as a baseline JPEG or plain PNG.',
  ],
  'too-large-encoded': [
    'unprocessable-content',
    'The image becomes too large when it is encoded anew; send it smaller.',
  ],
  'too-slow': [
    'unprocessable-content',
    'The image takes too long to read; send it smaller or in a simpler encoding.',
  ],
  'owner-erased': ['gone', 'Your account is erased.'],
  'quota-exceeded': [
    'quota-exceeded',
    'You keep as many images, or as many bytes, as you may; delete some first.',
  ],
};

export function uploadProblem(refusal: UploadRefusal): Problem {
  if (refusal === 'busy') return busyProblem();
  const [slug, detail] = REFUSALS[refusal];
  return new Problem(slug, detail);
}

export const busyProblem = (): Problem =>
  new Problem('unavailable', 'Too many images are being worked on; try again in a moment.', {
    'retry-after': '1',
  });

/** The same for an image that is not there and one that is another's: that it exists is nobody else's business. */
export const noSuchImage = (): Problem => new Problem('not-found', 'You have no image with this id.');
