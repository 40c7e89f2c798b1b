import { createHash, createHmac, randomBytes } from 'node:crypto';

const TOKEN_BYTES = 32;
const TOKEN = /^[A-Za-z0-9_-]{43}$/;

/** 256 random bits (security 73). */
export function newRefreshToken(): string {
  return randomBytes(TOKEN_BYTES).toString('base64url');
}

export function newSuccessorNonce(): Buffer {
  return randomBytes(TOKEN_BYTES);
}

/**
 * The token that follows. It is a function of the token that was shown and of a nonce the session keeps until the next
 * rotation, so a client that lost the answer gets the same one again, though neither is stored: the store without the token
 * says nothing, and the token without the store neither. See docs/decisions/010-refresh-successor-is-derived.md.
 */
export function successorOf(token: string, nonce: Buffer): string {
  return createHmac('sha256', Buffer.from(token, 'base64url')).update(nonce).digest('base64url');
}

/** What is stored of a token; undefined for what can be none. */
export function hashRefreshToken(token: string): Buffer | undefined {
  return TOKEN.test(token) ? createHash('sha256').update(token).digest() : undefined;
}
