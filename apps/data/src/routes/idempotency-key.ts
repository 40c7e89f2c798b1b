import { createHash } from 'node:crypto';
import { Problem } from '@roomkey/service';
import type { CreateOnce } from '../domain/documents.ts';

/** draft-ietf-httpapi-idempotency-key-header-07 §2.1: a quoted string (RFC 9651 §3.3.3); the bare word of older clients is the same key. */
const KEY = /^(?:"([ !#-[\]-~]{1,128})"|([A-Za-z0-9._:-]{1,128}))$/;

/**
 * Reads the `Idempotency-Key` of a create.
 *
 * @param text the body, byte for byte: a repetition is one that repeats it so
 * @throws {Problem} `bad-request` when the field is malformed or there twice
 */
export function createOnceIn(header: string | undefined, text: string): CreateOnce | undefined {
  if (header === undefined) return undefined;
  const [, quoted, bare] = KEY.exec(header.trim()) ?? [];
  const key = quoted ?? bare;
  if (key === undefined)
    throw new Problem(
      'bad-request',
      'Idempotency-Key is one quoted word of at most 128 characters, like "8e03978e-40d5".',
    );
  return { key, fingerprint: createHash('sha256').update(text).digest('base64url') };
}
