import { createHash } from 'node:crypto';
import { isValid, Type } from '@roomkey/schema';
import { callService, type IncomingCall, type ServiceAnswer, type TokenClient } from '@roomkey/token-client';
import {
  AVATAR_SIDE,
  MAX_AVATAR_BYTES,
  type AvatarPicture,
  type PictureRefusal,
  type Pictures,
} from './domain/avatars.ts';

interface ImageService {
  readonly tokens: TokenClient;
  /** Where image is reached, ending in its first path segment. */
  readonly url: string;
  /** Its resource identifier: the audience of the tokens for it. */
  readonly resource: string;
  /** Told why a picture could not be had, when that is neither the user's doing nor a mere "no". */
  readonly onFault: (cause: unknown, what: string) => void;
}

const SCOPE = 'image:read';
const METADATA_BYTES = 16 * 1024;
const Metadata = Type.Object({
  id: Type.String(),
  width: Type.Integer({ minimum: 1 }),
  height: Type.Integer({ minimum: 1 }),
});

/** Users' pictures in the image service, asked for in their name: by a token that only image takes, and only to read. */
export function createImagePictures({ tokens, url, resource, onFault }: ImageService): Pictures {
  return {
    async fetchAvatar(imageId, onBehalfOf) {
      const get = getter(onBehalfOf);
      // Metadata is its owner's alone, also where the picture is public: this answer decides whose it is.
      const metadata = await get(`/images/${imageId}`, METADATA_BYTES);
      if ('refusal' in metadata) return metadata;
      const image = parseMetadata(metadata.body);
      if (image?.id !== imageId) return nonsense('image told of something else than the image');
      const picture = await get(`/iiif/${imageId}/${avatarPath(image)}`, MAX_AVATAR_BYTES);
      if ('refusal' in picture) return picture;
      const { body } = picture;
      return isWebp(body) ? { bytes: body, tag: tagOf(body) } : nonsense('image gave no WebP');
    },
  };

  function getter(onBehalfOf: IncomingCall) {
    const token = tokens.exchange({ subjectToken: onBehalfOf.subjectToken, resource, scope: SCOPE });
    return async (path: string, maxBytes: number): Promise<{ readonly body: Buffer } | PictureRefusal> => {
      const answer = await callService(`${url}${path}`, {}, { token, onBehalfOf, maxBytes });
      if (answer.ok && answer.status === 200) return answer;
      return answer.ok ? refusalOf(answer) : failureOf(answer);
    };
  }

  function refusalOf({ status, headers }: ServiceAnswer & { ok: true }): PictureRefusal {
    if (status === 404) return { refusal: 'not-theirs' };
    // A token that was fresh a moment ago and is refused twice: image cannot judge it yet, or no longer.
    if (status === 401 || status === 429 || status >= 500) {
      onFault(new Error(`image answered ${status}`), 'image gives no picture right now');
      return away(Number(headers.get('retry-after')));
    }
    return nonsense(`image answered ${status}`);
  }

  function failureOf(failure: ServiceAnswer & { ok: false }): PictureRefusal {
    if (failure.kind === 'too-large') return nonsense('image answered with too much');
    if (failure.kind !== 'refused') {
      onFault(failure.cause, `image cannot be asked: ${failure.kind}`);
      return away(failure.kind === 'desk-away' ? failure.retryAfterSeconds : undefined);
    }
    if (failure.error === 'invalid_scope') return { refusal: 'no-right' };
    if (failure.error === 'invalid_grant') return { refusal: 'token-over' };
    throw new Error(`the issuer refuses an exchange: ${failure.error} ${failure.description ?? ''}`);
  }

  function nonsense(what: string): PictureRefusal {
    onFault(new Error(what), 'image makes no sense');
    return { refusal: 'nonsense' };
  }
}

const away = (seconds: number | undefined): PictureRefusal => ({
  refusal: 'away',
  retryAfterSeconds: seconds !== undefined && seconds >= 1 && seconds <= 3_600 ? Math.ceil(seconds) : 1,
});

/** The square in the middle, as IIIF spells it canonically (Image API 3.0 §4.8): no other spelling answers at once. */
function avatarPath({ width, height }: { width: number; height: number }): string {
  const side = Math.min(width, height);
  const corner = [width, height].map((length) => Math.floor((length - side) / 2));
  const region = width === height ? 'full' : [...corner, side, side].join(',');
  const size = side > AVATAR_SIDE ? `${AVATAR_SIDE},${AVATAR_SIDE}` : 'max';
  return `${region}/${size}/0/default.webp`;
}

function parseMetadata(body: Buffer) {
  try {
    const value: unknown = JSON.parse(body.toString());
    return isValid(Metadata, value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** RFC 9649 §2.4: what is kept is given out under this type alone. */
const isWebp = (bytes: Buffer): boolean =>
  bytes.toString('latin1', 0, 4) === 'RIFF' && bytes.toString('latin1', 8, 12) === 'WEBP';

const tagOf = (bytes: Buffer): AvatarPicture['tag'] =>
  createHash('sha256').update(bytes).digest('base64url').slice(0, 22);
