/** What an Authorization header held. */
export type BearerCredentials =
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'none' }
  | { readonly kind: 'malformed' };

// RFC 9110 §11.1: the scheme is compared without case.
const BEARER = /^bearer(?: |$)/i;
const BLANK = 0x20;

/**
 * Finds the token in a request's headers: the Authorization header alone, exactly once (RFC 6750 §2.1, OAuth 2.1 §5.1).
 *
 * @param rawHeaders names and values in turn, as `node:http` received them: a parsed map hides repetition
 */
export function bearerCredentials(rawHeaders: readonly string[]): BearerCredentials {
  let found: string | undefined;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index];
    if (name?.length !== 13 || name.toLowerCase() !== 'authorization') continue;
    if (found !== undefined) return { kind: 'malformed' };
    found = rawHeaders[index + 1] ?? '';
  }
  if (found === undefined) return { kind: 'none' };
  // Another scheme is no credential for us; a broken Bearer is a broken request.
  if (!BEARER.test(found)) return { kind: 'none' };
  let start = 'bearer '.length;
  while (found.charCodeAt(start) === BLANK) start += 1;
  const token = found.slice(start);
  return token === '' || token.includes(' ') ? { kind: 'malformed' } : { kind: 'token', token };
}

/** The challenges of RFC 6750 §3: nothing in them comes from the token (security 48). */
export const CHALLENGES = {
  none: 'Bearer',
  malformed: 'Bearer error="invalid_request"',
  invalid: 'Bearer error="invalid_token"',
} as const;

/** RFC 6750 §3.1: the scope that was missing is named. */
export function insufficientScope(scope: string): string {
  return `Bearer error="insufficient_scope", scope="${scope}"`;
}
