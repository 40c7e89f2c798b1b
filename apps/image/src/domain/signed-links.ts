import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/**
 * Links that show one picture for a short time to whoever holds them: for `<img>`, which sends no Authorization header.
 * What is signed is the canonical request, so a link to a thumbnail shows nothing larger, and the time at which it ends.
 */
export interface SignedLinks {
  /** @param seconds how long the link shall hold, to the next full minute */
  issue(imageId: string, canonicalPath: string, seconds: number): Promise<SignedLink>;
  /** @returns when the link ends, `undefined` when it is not one for this picture, or no longer */
  verify(imageId: string, canonicalPath: string, link: LinkParameters): Promise<Date | undefined>;
}

/** What of a link is in its query. */
export interface LinkParameters {
  /** Seconds since 1970. */
  readonly expires: number;
  readonly signature: string;
}

export interface SignedLink extends LinkParameters {
  readonly expiresAt: Date;
}

export interface LinkKey {
  readonly id: string;
  readonly secret: Buffer;
  readonly createdAt: Date;
}

/** Keys that all replicas share. */
export interface LinkKeyStore {
  /** The newest key; `fresh` becomes it when the newest was made before `notBefore`. */
  newest(fresh: Omit<LinkKey, 'createdAt'>, notBefore: Date): Promise<LinkKey>;
  find(id: string): Promise<LinkKey | undefined>;
}

export const MAX_LINK_SECONDS = 3_600;
/** Key id of 8 bytes and MAC of 32, in base64url. */
const SIGNATURE = /^([\w-]{11})\.([\w-]{43})$/;
const KEY_LIFE_MS = 24 * 60 * 60 * 1_000;
const MINUTE_SECONDS = 60;

export function createSignedLinks(keys: LinkKeyStore, now: () => number): SignedLinks {
  const known = new Map<string, LinkKey>();
  let newest: LinkKey | undefined;

  async function keyToSign(): Promise<LinkKey> {
    const notBefore = new Date(now() - KEY_LIFE_MS);
    if (newest === undefined || newest.createdAt < notBefore) {
      const fresh = { id: randomBytes(8).toString('base64url'), secret: randomBytes(32) };
      newest = await keys.newest(fresh, notBefore);
      // What has not signed for a day has no living link: only the last keys are worth knowing.
      known.clear();
      known.set(newest.id, newest);
    }
    return newest;
  }

  async function keyToVerify(id: string): Promise<LinkKey | undefined> {
    const key = known.get(id) ?? (await keys.find(id));
    if (key) known.set(id, key);
    return key;
  }

  async function issue(imageId: string, canonicalPath: string, seconds: number): Promise<SignedLink> {
    // Full minutes, so that a page that is loaded again names the same picture, and caches know it.
    const expires = Math.ceil((now() / 1_000 + seconds) / MINUTE_SECONDS) * MINUTE_SECONDS;
    const key = await keyToSign();
    const mac = macOf(key, imageId, canonicalPath, expires).toString('base64url');
    return { expires, signature: `${key.id}.${mac}`, expiresAt: new Date(expires * 1_000) };
  }

  async function verify(imageId: string, canonicalPath: string, { expires, signature }: LinkParameters) {
    if (expires * 1_000 <= now() || expires * 1_000 > now() + (MAX_LINK_SECONDS + MINUTE_SECONDS) * 1_000) {
      return undefined;
    }
    const [, id = '', mac = ''] = SIGNATURE.exec(signature) ?? [];
    const key = id === '' ? undefined : await keyToVerify(id);
    if (!key) return undefined;
    const expected = macOf(key, imageId, canonicalPath, expires);
    const given = Buffer.from(mac, 'base64url');
    return given.length === expected.length && timingSafeEqual(given, expected)
      ? new Date(expires * 1_000)
      : undefined;
  }

  return { issue, verify };
}

const macOf = ({ secret }: LinkKey, imageId: string, canonicalPath: string, expires: number): Buffer =>
  createHmac('sha256', secret).update(`picture\n${imageId}\n${canonicalPath}\n${expires}`).digest();
