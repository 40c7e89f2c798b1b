import { Problem } from './problem.ts';

/** One member of `If-Match` and `If-None-Match` (RFC 9110 §8.8.3), with the comma before the next one. */
const ENTITY_TAG = /\s*(W\/)?"([\x21\x23-\x7E\x80-\xFF]*)"\s*(?:,|$)/y;

/** Formats a strong entity tag: `formatETag(3)` is `"3"`. The value must hold neither quotes nor blanks. */
export function formatETag(value: string | number): string {
  return `"${value}"`;
}

/**
 * Reads the `If-Match` of a write that must not overwrite what its sender has not read (RFC 6585 §3, RFC 9110 §13.1.1).
 *
 * Weak tags never match here and are left out; `*` names no version and is asked for one.
 *
 * @param header the field's value, `undefined` when it is not there
 * @returns the strong tags without their quotes; may be empty, which matches nothing
 * @throws {Problem} `precondition-required` without a version, `bad-request` when the field is malformed
 */
export function requireIfMatch(header: string | undefined): readonly string[] {
  if (header === undefined || header.trim() === '*') {
    throw new Problem(
      'precondition-required',
      'Send If-Match with the ETag of the version you read; this write is not done blindly.',
    );
  }
  return entityTags('If-Match', header)
    .filter(({ weak }) => !weak)
    .map(({ value }) => value);
}

/**
 * Says whether `If-None-Match` holds the current version, so that a read is answered 304 (RFC 9110 §13.1.2, weak comparison).
 *
 * @param etag the current entity tag as `formatETag` gives it
 * @throws {Problem} `bad-request` when the field is malformed
 */
export function matchesIfNoneMatch(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  if (header.trim() === '*') return true;
  return entityTags('If-None-Match', header).some(({ value }) => `"${value}"` === etag);
}

/** The version numbers among tags: where a version is the entity tag, any other text matches nothing. */
export function versionsIn(tags: readonly string[]): number[] {
  return tags.filter((tag) => /^[1-9]\d{0,8}$/.test(tag)).map(Number);
}

function entityTags(field: string, header: string): { weak: boolean; value: string }[] {
  const tags = [];
  let end = 0;
  while (end < header.length) {
    ENTITY_TAG.lastIndex = end;
    const match = ENTITY_TAG.exec(header);
    if (!match) throw new Problem('bad-request', `${field} must be a list of entity tags, like "3".`);
    tags.push({ weak: match[1] !== undefined, value: match[2] ?? '' });
    end = ENTITY_TAG.lastIndex;
  }
  return tags;
}
