import type { LinkParameters } from '../domain/signed-links.ts';

/**
 * @param base of IIIF addresses, without a slash at its end
 * @param link what makes the address a signed link
 */
export function pictureUrl(
  base: string,
  imageId: string,
  canonicalPath: string,
  link?: LinkParameters,
): string {
  const query = link ? `?expires=${link.expires}&signature=${link.signature}` : '';
  // RFC 3986 has no place for a bare ^ (IIIF Image API 3.0 §4.2).
  return `${base}/${imageId}/${canonicalPath.replaceAll('^', '%5E')}${query}`;
}
