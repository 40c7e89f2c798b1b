import { isUtf8 } from 'node:buffer';

/** A JWS in compact serialisation (RFC 7515 §7.1), taken apart and not yet believed. */
export interface CompactJws {
  readonly header: Readonly<Record<string, unknown>>;
  readonly payload: Readonly<Record<string, unknown>>;
  /** What is signed: header and payload as they were sent. */
  readonly signedInput: string;
  readonly signature: Buffer;
}

// RFC 7515 §2 base64url without padding: nothing else is looked at, so JSON serialisation, JWEs, blanks and padding end here.
const COMPACT = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;

/**
 * Takes a compact JWS apart, strictly: one text per token.
 *
 * @returns the parts, or undefined when the text is anything else
 */
export function parseCompactJws(token: string): CompactJws | undefined {
  if (!COMPACT.test(token)) return undefined;
  const headerEnd = token.indexOf('.');
  const payloadEnd = token.indexOf('.', headerEnd + 1);
  const header = decodeObject(token.slice(0, headerEnd));
  const payload = header && decodeObject(token.slice(headerEnd + 1, payloadEnd));
  const signature = payload && decodeCanonical(token.slice(payloadEnd + 1));
  return signature && { header, payload, signedInput: token.slice(0, payloadEnd), signature };
}

function decodeObject(part: string): Readonly<Record<string, unknown>> | undefined {
  const bytes = decodeCanonical(part);
  if (!bytes || !isUtf8(bytes)) return undefined;
  try {
    // A byte order mark stays in the text, where JSON does not allow it.
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : undefined;
  } catch {
    return undefined;
  }
}

// RFC 4648 §3.5: the last character's unused bits must be zero, or several texts would decode to the same bytes.
const LAST_OF_TWO = 'AQgw';
const LAST_OF_THREE = 'AEIMQUYcgkosw048';

function decodeCanonical(part: string): Buffer | undefined {
  const rest = part.length % 4;
  const last = part.charAt(part.length - 1);
  if (rest === 1) return undefined;
  if (rest === 2 && !LAST_OF_TWO.includes(last)) return undefined;
  if (rest === 3 && !LAST_OF_THREE.includes(last)) return undefined;
  return Buffer.from(part, 'base64url');
}
