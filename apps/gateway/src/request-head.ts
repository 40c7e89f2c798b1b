import { randomUUID } from 'node:crypto';
import { Meaning, meaningOf } from './header-meaning.ts';

const MAX_HEADERS = 100;
/** A name, IPv4 or bracketed IPv6 address, and a port; no user information, `,` or `#` (security 145). */
const AUTHORITY = /^(?:[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/;
const REQUEST_ID = /^[A-Za-z0-9-]{1,64}$/;

/** A client's head as a replica gets it. */
export interface RequestHead {
  /** Flat list: name, value, name, value. */
  readonly headers: string[];
  readonly requestId: string;
  readonly hasBody: boolean;
  /** The body's end is told by chunks, not by a length before. */
  readonly isChunked: boolean;
}

/** A head that is not passed on, and why, in a sentence for the client. */
export interface BadHead {
  readonly fault: string;
}

/**
 * Turns a client's headers into those for a replica: hop-by-hop and identity headers go, forwarding headers are ours.
 *
 * @param raw Node's `rawHeaders`, where duplicates are still visible
 * @param clientAddress goes into X-Forwarded-For
 */
export function readRequestHead(
  raw: readonly string[],
  isHttp10: boolean,
  clientAddress: string,
): RequestHead | BadHead {
  if (raw.length > 2 * MAX_HEADERS) return { fault: `A request has at most ${MAX_HEADERS} headers.` };
  let headers: string[] = [];
  let host: string | undefined;
  let authorization: string | undefined;
  let contentLength: string | undefined;
  let requestId: string | undefined;
  let connection = '';
  let isChunked = false;

  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index] ?? '';
    const value = raw[index + 1] ?? '';
    switch (meaningOf(name)) {
      case Meaning.pass:
        headers.push(name, value);
        break;
      case Meaning.drop:
        break;
      case Meaning.host:
        if (host !== undefined) return { fault: 'There must be exactly one Host header.' };
        host = value;
        break;
      case Meaning.authorization:
        // RFC 9110 §11.6.2 has one; Node would hide the second (security 47).
        if (authorization !== undefined) return { fault: 'There must be at most one Authorization header.' };
        authorization = value;
        break;
      case Meaning.contentLength:
        if (contentLength !== undefined) return { fault: 'There must be at most one Content-Length header.' };
        contentLength = value;
        break;
      case Meaning.transferEncoding:
        // Any other coding would have to be undone here, and HTTP/1.0 has none (RFC 9112 §6.1).
        if (isChunked || isHttp10 || value.toLowerCase() !== 'chunked')
          return { fault: 'The only transfer coding taken is "chunked", once, in HTTP/1.1.' };
        isChunked = true;
        break;
      case Meaning.connection:
        connection += `,${value}`;
        break;
      case Meaning.requestId:
        // Two of them are as odd as a bad one.
        requestId = requestId === undefined ? value : '';
        break;
    }
  }

  if (host === undefined || !AUTHORITY.test(host))
    return { fault: 'The Host header must name a host and nothing else.' };
  if (contentLength !== undefined && (isChunked || !/^\d{1,15}$/.test(contentLength)))
    return { fault: 'Content-Length must be a number, and without Transfer-Encoding.' };

  if (connection.length > ',keep-alive'.length) headers = withoutNamed(headers, connection);
  if (requestId === undefined || !REQUEST_ID.test(requestId)) requestId = randomUUID();
  if (authorization !== undefined) headers.push('authorization', authorization);
  const hasBody = isChunked || (contentLength !== undefined && Number(contentLength) > 0);
  if (isChunked) headers.push('transfer-encoding', 'chunked');
  else if (contentLength !== undefined) headers.push('content-length', String(Number(contentLength)));
  headers.push('host', host, 'x-forwarded-host', host, 'x-forwarded-proto', 'http');
  headers.push('x-forwarded-for', clientAddress, 'x-request-id', requestId, 'via', '1.1 roomkey');
  return { headers, requestId, hasBody, isChunked };
}

/** Leaves out what the Connection header names as meant for this hop only (RFC 9110 §7.6.1). */
function withoutNamed(headers: readonly string[], connection: string): string[] {
  const names = new Set(connection.split(',').map((name) => name.trim().toLowerCase()));
  const kept: string[] = [];
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] ?? '';
    if (!names.has(name.toLowerCase())) kept.push(name, headers[index + 1] ?? '');
  }
  return kept;
}
